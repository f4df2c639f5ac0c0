import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createPerson, listPeople, openLedger } from './index.ts';
import type { Ledger } from './index.ts';

const { threads } = vi.hoisted(() => ({ threads: [] as Worker[] }));
vi.mock(import('node:worker_threads'), async (original) => (await import('./testing/ledger-threads.ts')).ledgerThreads(original, threads));

const directory = mkdtempSync(join(tmpdir(), 'cameleer-thread-'));
const failures: unknown[] = [];
let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger({ directory, onFailure: (error) => failures.push(error) });
});
afterAll(async () => {
  await ledger.close();
  rmSync(directory, { recursive: true });
});

const people = async () => (await listPeople(ledger)).map(({ id }) => id);
const works = async () => vi.waitFor(people, { timeout: 15_000, interval: 50 });

test('what a thread that dies was working on is refused, what it had recorded is there, and the next takes its place', async () => {
  await createPerson(ledger, { id: 'usr_before0000000001' });
  const running = Promise.allSettled(['usr_during0000000001', 'usr_during0000000002'].map((id) => createPerson(ledger, { id })));
  await threads.at(-1)?.terminate();
  for (const outcome of await running) if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject({ code: 'ledger_unavailable' });
  await expect(people()).rejects.toMatchObject({ code: 'ledger_unavailable', retryAfterSeconds: 5 });
  expect(await works()).toContain('usr_before0000000001');
  expect(failures).toMatchObject([{ code: 'ledger_unavailable' }]);
});

test('a transaction does not go on with the next thread', async () => {
  const torn = ledger.transaction(async (sql) => {
    await sql.query(`insert into people (id) values ('usr_torn000000000001')`);
    const before = threads.length;
    await threads.at(-1)?.terminate();
    await vi.waitFor(() => expect(threads.length).toBeGreaterThan(before), { timeout: 10_000 });
    // It has answered once, so that whoever asks now asks it.
    await once(threads.at(-1)!, 'message');
    await setImmediate();
    await sql.query(`insert into people (id) values ('usr_torn000000000002')`);
  });
  await expect(torn).rejects.toMatchObject({ code: 'ledger_unavailable' });
  expect((await works()).filter((id) => id.startsWith('usr_torn'))).toEqual([]);
});

test('a database that can not go on is replaced, and tried again until it can', async () => {
  const before = failures.length;
  const obstacle = join(directory, 'data/pg_logical/replorigin_checkpoint.tmp');
  mkdirSync(obstacle);
  await expect(ledger.query('checkpoint')).rejects.toThrow();
  await expect(people()).rejects.toMatchObject({ code: 'ledger_unavailable' });
  rmSync(obstacle, { recursive: true });
  await works();
  expect(failures.length).toBeGreaterThan(before);
});

test('a ledger that is being started again can be closed', async () => {
  const other = mkdtempSync(join(tmpdir(), 'cameleer-thread-'));
  const dying = await openLedger({ directory: other });
  await threads.at(-1)?.terminate();
  await dying.close();
  await (await openLedger({ directory: other })).close();
  rmSync(other, { recursive: true });
});
