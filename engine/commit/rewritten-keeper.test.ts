import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { deployment, setField } from '../testing/fixture.ts';
import { openFixture } from '../testing/opened-fixture.ts';
import { rewrittenPrefix } from './branches.ts';

const { engine, fixture, tenant, close } = await openFixture(1);

afterAll(close);

test('what somebody took off main while another git held the lock is kept when it is free', async () => {
  const before = engine.head().commit;
  const { commit } = await engine.write(setField(deployment(tenant), ['spec', 'env', 'LOST'], '1'));
  const name = `${rewrittenPrefix}${commit}`;
  const lock = join(fixture.directory, `${name}.lock`);
  mkdirSync(dirname(lock), { recursive: true });
  writeFileSync(lock, '');
  const rewritten = fixture.git(['commit-tree', 'main^{tree}', '-p', before, '-m', 'Another history']);
  fixture.git(['update-ref', 'refs/heads/main', rewritten]);
  await vi.waitFor(() => expect(engine.head().commit).toBe(rewritten), { timeout: 15_000 });
  expect(fixture.git(['for-each-ref', name])).toBe('');
  rmSync(lock);
  await engine.look();
  expect(fixture.git(['rev-parse', name])).toBe(commit);
});
