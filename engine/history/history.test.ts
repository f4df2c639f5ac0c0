import { afterAll, expect, test, vi } from 'vitest';
import { ObjectStore } from '../git/index.ts';
import type { GitEngine } from '../git-engine.ts';
import { deployment, setField } from '../testing/fixture.ts';
import { openFixture } from '../testing/opened-fixture.ts';

const { fixture, engine, tenant, folder, close } = await openFixture(1);

afterAll(close);

/** The last of so many commits that stand on one another and, when one is given, on that. */
function chain(length: number, on?: string): string {
  const commits = Array.from({ length }, (_, index) => `commit refs/heads/side\nmark :${index + 1}\ncommitter C <c@example.com> 1700000000 +0000\ndata 1\nx\n${index > 0 ? `from :${index}\n` : on === undefined ? '' : `from ${on}\n`}\n`);
  fixture.git(['update-ref', '-d', 'refs/heads/side']);
  fixture.git(['fast-import', '--quiet'], commits.join(''));
  return fixture.git(['rev-parse', 'side']);
}

test('a page goes on where a cursor that is not on main joins it, and is not looked for without end', async () => {
  const seed = engine.head().commit;
  const { commit } = await engine.write(setField(deployment(tenant), ['spec', 'env', 'A'], '1'));
  const idsBefore = async (before: string) => (await engine.history({ before })).map((entry) => entry.commit);
  expect(await idsBefore(commit)).toEqual([seed]);
  const { reads } = engine as GitEngine;
  const read = reads.commit;
  expect(await idsBefore(chain(500, commit))).toEqual([commit, seed]);
  await expect(idsBefore(chain(500))).rejects.toMatchObject({ code: 'not_found' });
  await expect(idsBefore(chain(10_001, commit))).rejects.toMatchObject({ code: 'not_found' });
  expect(reads.commit - read).toBeLessThan(10);
  for (const none of ['f'.repeat(40), fixture.git(['rev-parse', 'main^{tree}']), 'main']) await expect(idsBefore(none)).rejects.toMatchObject({ code: 'not_found' });
});

test('commits of somebody whom a tenant’s people do not know are not read for them', async () => {
  const path = `${folder}/environments/dev/apps/orders.yaml`;
  const made = fixture.commit({ [path]: fixture.read(path).replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: moon') });
  const commit = fixture.git(['commit-tree', `${made}^{tree}`, '-p', 'main', '-m', 'Move'], undefined, { GIT_AUTHOR_NAME: 'Pat Pusher' });
  fixture.git(['update-ref', 'refs/heads/main', commit]);
  await engine.look();
  expect(await engine.history({ tenant, actor: 'Pat Pusher' })).toMatchObject([{ commit }]);
  const commits = vi.spyOn(ObjectStore.prototype, 'commit');
  expect(await engine.history({ tenant, actor: 'Pat Pusher' }, tenant)).toEqual([]);
  expect(commits).not.toHaveBeenCalled();
  commits.mockRestore();
  expect((await engine.history({ tenant, actor: 'usr_op3rat0r00000001' }, tenant)).length).toBeGreaterThan(0);
});
