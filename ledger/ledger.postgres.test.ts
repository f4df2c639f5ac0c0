import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../tools/postgres.ts';
import { ledgerContract } from './contract.ts';
import { dumpLedger, listChangeRequests, numberChangeRequest, openLedger, recordAudit, restoreLedger, verifyAudit } from './index.ts';
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

test('the events that several control planes record at once make one chain for each tenant, and each of them is there once', async () => {
  const others = await Promise.all([1, 2].map(async () => openLedger({ url: server.url })));
  const chains = ['cyberdyne', 'wonka', 'aperture'];
  const recorded = await Promise.all([ledger, ...others].flatMap((each, plane) => Array.from({ length: 150 }, async (_, turn) => {
    // Those of one plane come a few at a time, and every tenth is the same event by all of them.
    await setTimeout(turn / 3);
    const requestId = turn % 10 === 0 ? `req-${turn}` : `req-${plane}-${turn}`;
    return recordAudit(each, { chain: chains[(turn + plane) % 3 === 0 ? 0 : turn % 3] ?? '', requestId, phase: 'noted', action: 'test.note', actor: 'platform', door: 'platform' });
  })));
  const distinct = new Map(recorded.map((record) => [`${record.chain} ${record.requestId}`, record]));
  expect(new Set(recorded.map(({ hash }) => hash)).size).toBe(distinct.size);
  for (const chain of chains) expect(await verifyAudit(ledger, chain)).toEqual({ intact: true, events: [...distinct.values()].filter((record) => record.chain === chain).length });
  await Promise.all(others.map(async (each) => each.close()));
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
