import { LedgerError } from './ledger-error.ts';
import type { Driver, Row, Script, Sql } from './ledger.ts';

/**
 * SQLSTATE: the connection failed (`08…`), a resource is used up (`53…`), the server goes down, comes up or has cancelled what
 * took too long (`57P…`, `57014`), a lock or an idle transaction was given up, and a standby that only reads.
 */
const passing = /^(?:08...|53...|57P..|57014|55P03|25P03|25P04|25006)$/;
const network = new Set(['ECONNREFUSED', 'ECONNRESET', 'ECONNABORTED', 'EPIPE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN']);
/** What `pg` says without a code, of a connection that ended or a limit of time that was reached. */
const words = /^(?:Query read timeout|timeout exceeded when trying to connect|timeout expired|Connection terminated\b.*|Client (?:has encountered a connection error|was closed) and is not queryable)$/;

/**
 * What an error of the database means for whoever asked, as a LedgerError; any other error as it is. `disk_full`: SQLSTATE
 * `53100` of a server and of PGlite, `ENOSPC` of a file, and the system's words, because PGlite gives other codes where it is
 * the log that can't grow. `not_writable`: likewise a disk that only reads. `ledger_unavailable`: no answer came in time, or the connection broke.
 */
export function asFault(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof LedgerError) return error;
  const { code } = error as { code?: unknown };
  if (code === '53100' || code === 'ENOSPC' || /no space left on device/i.test(error.message)) {
    return new LedgerError('disk_full', 'The disk of the ledger is full, so nothing was changed. Free space there, then repeat the request.', { cause: error });
  }
  if (code === 'EROFS' || code === 'EIO' || /read-only file system|input\/output error/i.test(error.message)) {
    return new LedgerError('not_writable', 'The disk of the ledger can not be written, so nothing was changed. Repeat the request when it can.', { cause: error });
  }
  if (!isLost(error) && !(typeof code === 'string' && passing.test(code))) return error;
  return new LedgerError('ledger_unavailable', 'The ledger does not answer, so the request could not be carried out. Repeat it in a moment, under the same Idempotency-Key if it had one.', { cause: error });
}

/** Whether nothing more can be asked over the connection that answered so. */
export function isLost(error: Error): boolean {
  const { code, syscall } = error as { code?: unknown; syscall?: unknown };
  if (typeof code !== 'string') return words.test(error.message);
  // ENOENT: the server's socket, a file, is away while it is down.
  return network.has(code) || (code === 'ENOENT' && syscall === 'connect');
}

/** The driver, whose queries fail with what their failure means. */
export function tellFaults(driver: Driver): Driver {
  return {
    query: asking(driver),
    transaction: async (run) => told(driver.transaction(async (sql) => run(scriptOf(sql)))),
    patiently: async (run) => told(driver.patiently(async (sql) => run(scriptOf(sql)))),
    close: async () => driver.close(),
  };
}

function scriptOf(sql: Script): Script {
  return { query: asking(sql), script: async (text) => told(sql.script(text)) };
}

function asking(sql: Sql): Sql['query'] {
  return async <T extends Row>(text: string, parameters?: readonly unknown[]) => told(sql.query<T>(text, parameters));
}

async function told<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    throw asFault(error);
  }
}
