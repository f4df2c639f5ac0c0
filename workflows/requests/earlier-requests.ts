import { setTimeout } from 'node:timers/promises';
import { listChangeRequests, type ChangeRequestRecord } from '../../ledger/index.ts';
import type { Stores } from '../context.ts';

const pauseMilliseconds = 50;
/** Of a process that died while it made a branch, the number is given back by a start; nobody waits for that. */
const patienceMilliseconds = 10_000;

/** Resolves when requests of the same author that were numbered before, in whichever process, are open or given back, or when they take too long. */
export async function earlierAreSettled({ ledger }: Pick<Stores, 'ledger'>, { author, number }: ChangeRequestRecord): Promise<void> {
  const until = performance.now() + patienceMilliseconds;
  while (performance.now() < until) {
    if ((await listChangeRequests(ledger, { author, status: 'opening', before: number, limit: 1 })).length === 0) return;
    await setTimeout(pauseMilliseconds);
  }
}
