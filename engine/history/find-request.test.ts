import { afterAll, expect, test, vi } from 'vitest';
import { RequestIndex } from '../commit/request-index.ts';
import { ObjectStore } from '../git/index.ts';
import { deployment, key, setField } from '../testing/fixture.ts';
import { openFixture } from '../testing/opened-fixture.ts';
import { findRequest } from './find-request.ts';
import { HistoryIndex } from './history-index.ts';

const { fixture, engine, tenant, close } = await openFixture(1);
const { directory } = fixture;
const git = (args: readonly string[], input?: string) => fixture.git(args, input);
const objects = new ObjectStore(directory);
const index = new HistoryIndex(directory, { isPlatforms: () => Promise.resolve(true), now: () => new Date() });
const trusted = [key.public];
let writes = 0;

afterAll(async () => {
  await index.close();
  objects.close();
  await close();
});

async function write(requestId: string): Promise<string> {
  writes += 1;
  return (await engine.write(setField(deployment(tenant), ['spec', 'env', 'WRITES'], String(writes), { requestId }))).commit;
}

/** As a process that remembers nothing asks. */
async function find(requestId: string) {
  const requests = new RequestIndex(directory, () => trusted);
  const asked = vi.spyOn(requests, 'find');
  const found = await findRequest({ directory, objects, head: git(['rev-parse', 'main']), trusted, requests, index }, requestId);
  return { found, without: asked.mock.calls.map(([, options]) => options.without) };
}

test('what a request led to is asked of the index, and git walks over what has come since', async () => {
  const old = await write('old');
  expect(await find('old')).toEqual({ found: old, without: [undefined] });
  await index.find(old, {}, { limit: 1 });
  expect(await find('old')).toEqual({ found: old, without: [old] });
  const since = await write('since');
  expect(await find('since')).toEqual({ found: since, without: [old] });
  expect(await find('never')).toEqual({ found: undefined, without: [old] });
});

test('only the platform’s word counts, and what stands on main, wherever the index ends', async () => {
  const said = await write('said');
  const forged = git(['commit-tree', 'main^{tree}', '-p', 'main', '-F', '-'], 'Forge\n\nRequest-Id: said\n');
  git(['update-ref', 'refs/heads/main', forged]);
  await index.find(forged, {}, { limit: 1 });
  expect(await find('said')).toEqual({ found: said, without: [forged] });
  git(['update-ref', 'refs/heads/main', `${said}^`]);
  expect((await find('said')).found).toBeUndefined();
  // The commit at which the index ends is collected.
  vi.spyOn(index, 'claims').mockReturnValue({ commits: [], upTo: 'f'.repeat(40) });
  git(['update-ref', 'refs/heads/main', said]);
  expect(await find('said')).toEqual({ found: said, without: ['f'.repeat(40), undefined] });
});
