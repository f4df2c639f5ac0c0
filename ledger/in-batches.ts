import { setImmediate as turn } from 'node:timers/promises';
import type { Database } from './ledger.ts';
import { LedgerError } from './ledger-error.ts';

interface Waiting<T, R> {
  readonly item: T;
  readonly resolve: (result: R) => void;
  readonly reject: (error: unknown) => void;
}

/** One that is larger keeps who comes next waiting for too long. */
const largest = 64;

/**
 * Asks the database for those together that come while others are being asked for: a round trip and a commit cost more than
 * what they carry. A run begins after each of its items came, so that its answer is never older than the question. `run`
 * answers in the order of its items, and does nothing when it throws; then each of several is tried alone, unless the ledger
 * does not answer: one after the other they would wait for it too long.
 */
export function inBatches<T, R>(run: (database: Database, items: readonly T[]) => Promise<readonly R[]>): (database: Database, item: T) => Promise<R> {
  const queues = new WeakMap<Database, Waiting<T, R>[]>();
  return (database, item) => new Promise<R>((resolve, reject) => {
    const running = queues.get(database);
    const queue = running ?? [];
    queue.push({ item, resolve, reject });
    if (running !== undefined) return;
    queues.set(database, queue);
    void drain();
    async function drain(): Promise<void> {
      // Those whose sockets are readable now come along.
      while (queue.length > 0) {
        await turn();
        await answer(queue.splice(0, largest), (items) => run(database, items));
      }
      queues.delete(database);
    }
  });
}

async function answer<T, R>(waiting: readonly Waiting<T, R>[], run: (items: readonly T[]) => Promise<readonly R[]>): Promise<void> {
  try {
    const results = await run(waiting.map(({ item }) => item));
    for (const [index, { resolve }] of waiting.entries()) resolve(results[index] as R);
  } catch (error) {
    if (waiting.length > 1 && !(error instanceof LedgerError && error.code === 'ledger_unavailable')) for (const one of waiting) await answer([one], run);
    else for (const { reject } of waiting) reject(error);
  }
}
