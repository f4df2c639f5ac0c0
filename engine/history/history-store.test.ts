import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { files, ImportedHistory, plain } from '../testing/imported-history.ts';
import { HistoryStore } from './history-store.ts';

let history: ImportedHistory;
beforeEach(async () => {
  history = await ImportedHistory.make();
});
afterEach(() => history.remove());

const all = { limit: 100 };

test('is made anew when it is damaged, also while it is open', async () => {
  const head = history.add([plain([0]), plain([1])]).at(-1)!;
  writeFileSync(history.file, Buffer.alloc(20_000, 7));
  const first = history.open();
  expect(await first.find(head, {}, all)).toHaveLength(2);
  await first.close();
  const bytes = readFileSync(history.file);
  bytes.fill(7, 100);
  writeFileSync(history.file, bytes);
  const second = history.open();
  expect(await second.find(head, {}, all)).toHaveLength(2);
  await second.close();
});

test('is waited for while another process makes it', async () => {
  const made = new Worker(
    `const { DatabaseSync } = require('node:sqlite');
     const { parentPort, workerData } = require('node:worker_threads');
     const database = new DatabaseSync(workerData);
     database.exec('pragma journal_mode = wal; begin immediate');
     parentPort.postMessage('begun');
     setTimeout(() => { database.exec('rollback'); database.close(); }, 300);`,
    { eval: true, workerData: history.file },
  );
  await once(made, 'message');
  const store = new HistoryStore(history.file);
  expect(store.last().position).toBe(-1);
  store.close();
  await once(made, 'exit');
});

test('may be deleted or cut off under an open index', async () => {
  const heads = history.add([plain([0]), plain([1]), plain([2])]);
  const index = history.open();
  expect(await index.find(heads[0]!, {}, all)).toHaveLength(1);
  for (const end of ['', '-wal', '-shm']) rmSync(`${history.file}${end}`, { force: true });
  expect(await index.find(heads[1]!, {}, all)).toHaveLength(2);
  writeFileSync(history.file, '');
  expect(await index.find(heads[2]!, {}, all)).toHaveLength(3);
  await index.close();
  const again = history.open();
  expect(await again.find(heads[2]!, { ref: { kind: 'Platform', name: 'platform' } }, all)).toEqual([heads[0]]);
  await again.close();
});

test('serves several processes that advance it at once', async () => {
  const heads = history.add(Array.from({ length: 30 }, (_, index) => plain([index % files.length])));
  const indexes = [history.open(), history.open(), history.open()];
  const found = await Promise.all(heads.flatMap((head) => indexes.map((index) => index.find(head, {}, all))));
  expect(found.map((ids) => ids.length)).toEqual(heads.flatMap((_, index) => indexes.map(() => index + 1)));
  for (const index of indexes) await index.close();
});

test('is somewhere else where the repository can not be written to', async () => {
  const head = history.add([plain([0])]).at(-1)!;
  // Root may write everywhere, but nobody opens a history.folder as a file.
  mkdirSync(history.file);
  const index = history.open();
  expect(await index.find(head, {}, all)).toEqual([head]);
  await index.close();
});
