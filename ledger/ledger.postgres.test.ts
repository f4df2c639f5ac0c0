import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../tools/postgres.ts';
import { ledgerContract } from './contract.ts';
import { openLedger } from './index.ts';
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
