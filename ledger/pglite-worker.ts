import { utimesSync } from 'node:fs';
import { join } from 'node:path';
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

const directory = workerData as string;
const database = new PGlite(directory);
const writing = /\b(?:insert|update|delete|create)\b/i;

/** A write that gets to the disk and fails there ends the database, and with it all reading. Throws the system's error of a disk that only reads. */
function expectWritable(text: string): void {
  if (!writing.test(text)) return;
  const now = new Date();
  try {
    utimesSync(join(directory, 'PG_VERSION'), now, now);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EROFS' || code === 'EIO') throw error;
  }
}

async function rowsOf(order: PgliteOrder): Promise<readonly Record<string, unknown>[]> {
  if ('close' in order) {
    await database.close();
    return [];
  }
  await database.waitReady;
  expectWritable(order.text);
  if (order.parameters !== undefined) return (await database.query<Record<string, unknown>>(order.text, [...order.parameters])).rows;
  await database.exec(order.text);
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
