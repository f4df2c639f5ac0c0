import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inBatches } from './in-batches.ts';
import type { Database } from './ledger.ts';
import { LedgerError } from './ledger-error.ts';

const database = {} as Database;

function recorder() {
  const runs: number[][] = [];
  const ask = inBatches<number, number>(async (_database, items) => {
    runs.push([...items]);
    await turn();
    await turn();
    if (items.includes(-1)) throw new Error('unlucky');
    return items.map((item) => item * 2);
  });
  return { runs, ask };
}

test('what comes while others are being asked for goes together, and never with those that began before it came', async () => {
  const { runs, ask } = recorder();
  const first = ask(database, 1);
  while (runs.length === 0) await turn();
  const rest = Array.from({ length: 100 }, (_, index) => ask(database, index + 2));
  expect(await Promise.all([first, ...rest])).toEqual(Array.from({ length: 101 }, (_, index) => (index + 1) * 2));
  expect(runs.map((run) => run.length)).toEqual([1, 64, 36]);
  expect(await ask(database, 7)).toBe(14);
});

test('one that fails does not fail the others', async () => {
  const { ask } = recorder();
  const outcomes = await Promise.allSettled([1, -1, 3].map((item) => ask(database, item)));
  expect(outcomes).toEqual([{ status: 'fulfilled', value: 2 }, { status: 'rejected', reason: new Error('unlucky') }, { status: 'fulfilled', value: 6 }]);
});

test('a database that does not answer is waited for once, not once for each', async () => {
  let runs = 0;
  const ask = inBatches<number, number>(async () => {
    runs += 1;
    await turn();
    throw new LedgerError('ledger_unavailable', 'No answer.');
  });
  const outcomes = await Promise.allSettled([1, 2, 3].map((item) => ask(database, item)));
  expect(outcomes).toMatchObject(Array.from({ length: 3 }, () => ({ status: 'rejected', reason: { code: 'ledger_unavailable' } })));
  expect(runs).toBe(1);
});

test('two databases are asked apart', async () => {
  const { runs, ask } = recorder();
  await Promise.all([ask(database, 1), ask({} as Database, 2)]);
  expect(runs).toEqual([[1], [2]]);
});
