import { execFileSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { files, ImportedHistory, people, plain } from '../testing/imported-history.ts';
import { stockGit } from '../testing/stock-git.ts';
import type { HistoryIndex } from './history-index.ts';
import { HistoryThread } from './history-thread.ts';
import type { HistoryFilter } from './types.ts';

let history: ImportedHistory;
beforeEach(async () => {
  history = await ImportedHistory.make();
});
afterEach(() => history.remove());

/** Each takes the one file of a commit before it back, so that there is little to import. */
const long = (commits: number) => history.add(Array.from({ length: commits }, (_, index) => plain([index % files.length]))).at(-1)!;
const answers = async (index: HistoryIndex, head: string) => {
  const filters: HistoryFilter[] = [{}, { tenant: 'acme' }, { tenant: 'beta', environment: 'prod' }, { actor: people[0]! }, { action: 'app.deploy' }];
  return Promise.all([...filters.map((filter) => index.find(head, filter, { limit: 10_000 })), index.at(head, new Date())]);
};

test('is told to be on its way, answered when it is there, and is what this thread would have made of it', async () => {
  const head = long(2_500);
  const thread = new HistoryThread(history.directory, () => []);
  const [build, built] = [thread.build.bind(thread), Promise.withResolvers<void>()];
  const asked = vi.spyOn(thread, 'build').mockImplementation((path, upTo) => build(path, upTo).finally(built.resolve));
  const index = history.open({ thread, patienceMilliseconds: 1 });
  await expect(index.find(head, {}, { limit: 1 })).rejects.toMatchObject({ code: 'index_building', retryAfterSeconds: 5 });
  await built.promise;
  const found = await answers(index, head);
  expect(asked).toHaveBeenCalledOnce();
  await index.close();
  rmSync(history.file);
  const here = history.open();
  expect(await answers(here, head)).toEqual(found);
  await here.close();
}, 60_000);

test('is gone on with where a process ended that was closed meanwhile', async () => {
  const head = long(4_000);
  const first = history.open({ thread: new HistoryThread(history.directory, () => []), patienceMilliseconds: 1 });
  await expect(first.find(head, {}, { limit: 1 })).rejects.toMatchObject({ code: 'index_building' });
  const count = () => new DatabaseSync(history.file, { readOnly: true }).prepare('select count(*) as n from commits').get()?.['n'] as number;
  await vi.waitFor(() => expect(count()).toBeGreaterThan(0), { timeout: 30_000, interval: 5 });
  await first.close();
  // It did not wait for the end.
  expect(count()).toBeLessThan(4_000);
  expect(count() % 1_000).toBe(0);
  const second = history.open({ thread: new HistoryThread(history.directory, () => []), patienceMilliseconds: 60_000 });
  expect(await second.find(head, {}, { limit: 10_000 })).toHaveLength(4_000);
  await second.close();
}, 60_000);

test('is made beside this thread when one commit alone is large', async () => {
  const stream = [`blob\nmark :1\ndata 0\n\ncommit refs/heads/main\ncommitter P <p@acme.example> 1000 +0000\ndata 0\n`, ...Array.from({ length: 3_000 }, (_, at) => `M 100644 :1 tenants/ac/acme/apps/a${at}/app.yaml\n`)];
  execFileSync('git', ['--git-dir', history.directory, 'fast-import', '--quiet'], { input: stream.join('') });
  const thread = new HistoryThread(history.directory, () => []);
  const built = vi.spyOn(thread, 'build');
  const index = history.open({ thread, patienceMilliseconds: 60_000 });
  expect(await index.find(stockGit(history.directory, ['rev-parse', 'main']), { application: 'a2999', tenant: 'acme' }, { limit: 2 })).toHaveLength(1);
  expect(built).toHaveBeenCalledOnce();
  await index.close();
});

test('is made here when the other thread can not make it', async () => {
  const head = long(2_100);
  const thread = new HistoryThread(join(history.folder, 'nowhere.git'), () => []);
  const index = history.open({ thread, patienceMilliseconds: 60_000 });
  expect(await index.find(head, {}, { limit: 10_000 })).toHaveLength(2_100);
  await index.close();
}, 60_000);
