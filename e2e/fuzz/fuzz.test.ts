import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { makers } from './makers.ts';
import { treesPushed } from './trees-pushed.ts';

const folder = mkdtempSync(join(tmpdir(), 'cameleer-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of all targets together. */
const cases = 3_000;

test.each(makers)('$name: whatever it is given, it answers with a code and writes nothing that is invalid', async (maker) => {
  const { faults, answers } = await fuzz(maker, { folder, count: (cases * maker.share) / 100, seed: 1 });
  expect(faults).toEqual([]);
  // A mutator that always gave the same answer would try nothing.
  expect(answers.size).toBeGreaterThanOrEqual(3);
});

test('a pack whose trees name objects of another kind is refused with a reason', async () => {
  const { answers, faults } = await fuzz(treesPushed, { folder, count: 1, seed: 1, inputs: [{ seed: 1, input: { seed: 1248112345 } }] });
  expect(faults).toEqual([]);
  expect([...answers.keys()]).toEqual(['an object is not what its tree says']);
});
