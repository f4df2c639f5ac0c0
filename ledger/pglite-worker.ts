import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';

/** `text` with parameters is one statement; without, any number of them. */
export type PgliteOrder = { readonly id: number; readonly text: string; readonly parameters?: readonly unknown[] } | { readonly id: number; readonly close: true };
export type PgliteReply = { readonly id: number } & ({ readonly rows: readonly Record<string, unknown>[] } | { readonly failure: PgliteFailure });

/** `code` and `severity`: of PostgreSQL. */
export interface PgliteFailure {
  readonly message: string;
  readonly code?: string;
  readonly severity?: string;
}

const database = new PGlite(workerData as string);

async function rowsOf(order: PgliteOrder): Promise<readonly Record<string, unknown>[]> {
  if ('close' in order) await database.close();
  else if (order.parameters === undefined) await database.exec(order.text);
  else return (await database.query<Record<string, unknown>>(order.text, [...order.parameters])).rows;
  return [];
}

function failureOf(error: unknown): PgliteFailure {
  const { message = String(error), code, severity } = error as { message?: string; code?: unknown; severity?: unknown };
  return { message, ...(typeof code === 'string' && { code }), ...(typeof severity === 'string' && { severity }) };
}

function tell(reply: PgliteReply): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, no window
  parentPort?.postMessage(reply);
}

// PGlite answers one after the other, in the order in which it is asked.
parentPort?.on('message', (order: PgliteOrder) => {
  rowsOf(order).then(
    (rows) => tell({ id: order.id, rows }),
    (error: unknown) => tell({ id: order.id, failure: failureOf(error) }),
  );
});
