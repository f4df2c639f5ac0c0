import { utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openRepository } from '../git/index.ts';
import { deployment, makeFixture, setField } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';
import { forgetRewritten } from './forget-rewritten.ts';

const day = 24 * 60 * 60 * 1000;
let fixture: Fixture;

beforeEach(async () => {
  fixture = await makeFixture(2);
});
afterEach(() => fixture.remove());

test('what was taken off main is kept for ninety days, and for as long as a held tenant stands on it', async () => {
  const tenant = fixture.state.tenantIds[0] ?? '';
  const engine = await fixture.open();
  const first = engine.head().commit;
  const { commit } = await engine.write(setField(deployment(tenant), ['spec', 'env', 'X'], '1'));
  await engine.close();
  fixture.git(['update-ref', 'refs/heads/main', first]);
  await (await fixture.open()).close();
  const name = `refs/cameleer/rewritten/${commit}`;
  expect(fixture.git(['rev-parse', name])).toBe(commit);

  const repository = await openRepository(fixture.directory, new Date());
  const forget = (days: number) => forgetRewritten(repository, new Date(Date.now() + days * day));
  expect(await forget(89)).toEqual([]);
  const [cell, tree] = [fixture.git(['rev-parse', 'cells/local']), fixture.git(['rev-parse', 'cells/local^{tree}'])];
  const held = fixture.git(['commit-tree', tree, '-p', cell, '-m', `Render\n\nSource-Commit: ${first}\nSynth-Version: 1\nQuarantined: ${tenant} ${commit}`]);
  fixture.git(['update-ref', 'refs/heads/cells/local', held]);
  expect(await forget(91)).toEqual([]);
  fixture.git(['update-ref', 'refs/heads/cells/local', cell]);
  expect(await forget(91)).toEqual([name]);
  expect(fixture.git(['for-each-ref', 'refs/cameleer/rewritten'])).toBe('');
  fixture.git(['update-ref', name, commit]);
  fixture.git(['pack-refs', '--all']);
  expect(await forget(89)).toEqual([]);
  await utimes(join(fixture.directory, 'packed-refs'), new Date(0), new Date(0));
  expect(await forget(89)).toEqual([]);
  expect(await forget(91)).toEqual([name]);
  await repository.close();
});
