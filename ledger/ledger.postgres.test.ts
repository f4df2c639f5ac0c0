import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../tools/postgres.ts';
import { ledgerContract } from './contract.ts';
import { dumpLedger, listChangeRequests, numberChangeRequest, openLedger, restoreLedger } from './index.ts';
import type { Ledger } from './index.ts';

let server: ReturnType<typeof startPostgres>;
let ledger: Ledger;

beforeAll(async () => {
  server = startPostgres(mkdtempSync(join(tmpdir(), 'cameleer-postgres-')));
  // Two control planes that start together: the migrations run once.
  const [first, second] = await Promise.all([openLedger({ url: server.url }), openLedger({ url: server.url })]);
  await second.close();
  ledger = first;
});
afterAll(async () => {
  await ledger.close();
  server.stop();
});

ledgerContract(() => ledger);

test('a server that does not answer is said at the start', async () => {
  await expect(openLedger({ url: 'postgresql://postgres@127.0.0.1:1/none' })).rejects.toMatchObject({ code: 'ledger_unreachable' });
});

test('what was dumped of a server is restored into an embedded ledger, and back into a server, row for row', async () => {
  const collect = async (from: Ledger) => {
    const lines: string[] = [];
    const summary = await dumpLedger(from, (line) => {
      lines.push(line);
      return Promise.resolve();
    });
    return { lines, summary };
  };
  async function* of(lines: readonly string[]) {
    yield* lines;
  }
  const first = await collect(ledger);
  expect(first.summary.tables['audit_events']).toBeGreaterThan(0);
  const directory = mkdtempSync(join(tmpdir(), 'cameleer-dump-'));
  expect(await restoreLedger({ directory }, of(first.lines))).toEqual(first.summary);
  const embedded = await openLedger({ directory });
  const second = await collect(embedded);
  await embedded.close();
  await ledger.query('create database other');
  const url = server.url.replace('/postgres?', '/other?');
  expect(await restoreLedger({ url }, of(second.lines))).toEqual(first.summary);
  const other = await openLedger({ url });
  expect((await collect(other)).lines).toEqual(first.lines);
  const last = Math.max(...(await listChangeRequests(other, {})).map(({ number }) => number));
  expect((await numberChangeRequest(other, { title: 'Next', author: 'usr_a', requestId: 'req-after-restore', autoMerge: false, now: new Date() })).number).toBeGreaterThan(last);
  await other.close();
  await expect(restoreLedger({ url }, of(first.lines))).rejects.toMatchObject({ code: 'ledger_not_empty' });
  const newer = first.lines.with(0, first.lines[0]!.replace('"migrations":[', '"migrations":[{"number":0,"sha256":"x"},'));
  await expect(restoreLedger({ directory: mkdtempSync(join(tmpdir(), 'cameleer-dump-')) }, of(newer))).rejects.toMatchObject({ code: 'ledger_newer' });
  rmSync(directory, { recursive: true });
});
