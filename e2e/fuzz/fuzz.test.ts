import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { fuzz } from './fuzz.ts';
import { makers } from './makers.ts';

const folder = mkdtempSync(join(tmpdir(), 'cameleer-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Of all targets together. */
const cases = 3_000;

test.each(makers)('$name: whatever it is given, it answers with a code and writes nothing that is invalid', async ({ name, share, reaches }) => {
  const { faults, answers } = await fuzz(name, { folder, count: (cases * share) / 100, seed: 1 });
  expect(faults).toEqual([]);
  expect([...answers.keys()]).toEqual(expect.arrayContaining([...reaches]));
  // A mutator that always gave the same answer would try nothing.
  expect(answers.size).toBeGreaterThanOrEqual(3);
});

test('a pack whose trees name objects of another kind is refused with a reason', async () => {
  const { answers, faults } = await fuzz('trees-pushed', { folder, count: 1, seed: 1, inputs: [{ seed: 1, input: { seed: 1248112345 } }] });
  expect(faults).toEqual([]);
  expect([...answers.keys()]).toEqual(['an object is not what its tree says']);
});

test('a case that blocks its process, or ends it, is a fault that can be played again, and the others are played all the same', async () => {
  const run = { folder, seed: 1, deadlineMilliseconds: 1_500 };
  const { cases: played, faults, answers } = await fuzz('stuck', { ...run, count: 12 });
  expect(played).toBe(12);
  expect(new Set(faults.map(({ input }) => input))).toEqual(new Set([0, 1]));
  expect(answers).toEqual(new Map([['alive', 12 - faults.length], ['none', faults.length]]));
  const again = await fuzz('stuck', { ...run, count: 1, inputs: faults.slice(-2) });
  expect(again.faults.map(({ seed }) => seed)).toEqual(faults.slice(-2).map(({ seed }) => seed));
});
