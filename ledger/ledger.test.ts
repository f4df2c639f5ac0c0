import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ledgerContract } from './contract.ts';
import { findPerson, openLedger } from './index.ts';
import type { Ledger } from './index.ts';

const directory = mkdtempSync(join(tmpdir(), 'cameleer-ledger-'));
let ledger: Ledger;

beforeAll(async () => {
  ledger = await openLedger({ directory });
});
afterAll(() => {
  rmSync(directory, { recursive: true, force: true });
});

ledgerContract(() => ledger);

test('a second opener is refused; after closing, what was written is there again, and a changed migration is noticed', async () => {
  await expect(openLedger({ directory })).rejects.toMatchObject({ code: 'ledger_locked' });
  await ledger.close();
  ledger = await openLedger({ directory });
  expect(await findPerson(ledger, 'usr_aaaaaaaaaaaaaaaa')).toMatchObject({ displayName: 'Owner' });
  await ledger.query("update migrations set sha256 = 'other' where number = 1");
  await ledger.close();
  await expect(openLedger({ directory })).rejects.toMatchObject({ code: 'migration_changed' });
});
