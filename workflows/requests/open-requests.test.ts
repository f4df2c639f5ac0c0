import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { moveChangeRequest, numberChangeRequest, openLedger } from '../../ledger/index.ts';
import { openRequests } from './open-requests.ts';

test('open requests are all found, oldest first, however many there are', { timeout: 60_000 }, async () => {
  const directory = mkdtempSync(join(tmpdir(), 'cameleer-open-requests-'));
  const ledger = await openLedger({ directory });
  try {
    const now = '2026-01-01T00:00:00.000Z';
    const numbers: number[] = [];
    for (let turn = 0; turn < 401; turn += 1) {
      const made = await numberChangeRequest(ledger, { title: 'Scale', author: 'usr_aaaaaaaaaaaaaaaa', autoMerge: turn === 0, now: new Date(now), requestId: `req-${turn}` });
      await moveChangeRequest(ledger, made, { status: 'open', commit: 'a'.repeat(40), now: new Date(now) });
      numbers.push(made.number);
    }
    expect((await openRequests(ledger)).map(({ number }) => number)).toEqual(numbers);
    expect((await openRequests(ledger, { autoMerge: true })).map(({ number }) => number)).toEqual(numbers.slice(0, 1));
  } finally {
    await ledger.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
