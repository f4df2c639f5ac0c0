import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { GitError } from '../git/index.ts';
import { ObjectStore } from '../git/object-store.ts';
import type { Engine } from '../index.ts';
import { makeFixture } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';

let fixture: Fixture;
let engine: Engine;

beforeEach(async () => {
  fixture = await makeFixture(2);
  engine = await fixture.open();
});
afterEach(async () => {
  vi.restoreAllMocks();
  await engine.close();
  await fixture.remove();
});

test('what could not be written of a pushed commit is made again', async () => {
  const [tenant = ''] = fixture.state.tenantIds;
  const path = `tenants/${tenant.slice(0, 2)}/${tenant}/environments/dev/apps/orders.yaml`;
  const changed = { [path]: fixture.read(path).replace('  env:\n', '  env:\n    PUSHED: by-hand\n') };
  // Whoever looks first, the watcher or this test, finds the disk full.
  const write = vi.spyOn(ObjectStore.prototype, 'write').mockRejectedValueOnce(new GitError('disk_full', 'The disk is full.'));
  const pushed = fixture.push(changed);
  await engine.look().catch(() => {});
  await engine.look();
  expect(write.mock.calls.length).toBeGreaterThan(1);
  expect((await engine.cell('local'))?.sourceCommit).toBe(pushed);
  // Throws when anything is missing.
  fixture.git(['fsck', '--strict']);
});
