import { LedgerError } from './ledger-error.ts';
import type { Driver, Row, Script, Sql } from './ledger.ts';

/**
 * SQLSTATE `53100` of a server and of PGlite, `ENOSPC` of a file, and the system's words: PGlite gives other codes where
 * it is the log that can't grow.
 */
export function asDiskFull(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof LedgerError) return error;
  const { code } = error as { code?: unknown };
  if (code !== '53100' && code !== 'ENOSPC' && !/no space left on device/i.test(error.message)) return error;
  return new LedgerError('disk_full', 'The disk of the ledger is full, so nothing was changed. Free space there, then repeat the request.', { cause: error });
}

/** The driver, whose queries fail with LedgerError `disk_full` where there is no space left. */
export function tellDiskFull(driver: Driver): Driver {
  return {
    query: asking(driver),
    transaction: async (run) => told(driver.transaction(async (sql) => run(scriptOf(sql)))),
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
    throw asDiskFull(error);
  }
}
