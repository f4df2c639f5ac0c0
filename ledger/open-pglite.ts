import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import type { Transaction } from '@electric-sql/pglite';
import type { Driver, Row, Script } from './ledger.ts';
import { lockDirectory } from './lock-directory.ts';

/**
 * PostgreSQL inside this process, data in `directory`/data. PGlite itself takes no lock, and two processes on one data
 * directory lose rows without a word, so the directory is locked here. Errors: `ledger_locked`.
 * The data survives the death of the process, not a power failure (PGlite doesn't flush): production uses PostgreSQL.
 */
export async function openPglite(directory: string): Promise<Driver> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const unlock = lockDirectory(directory);
  let database: PGlite;
  try {
    database = await PGlite.create(join(directory, 'data'));
  } catch (error) {
    unlock();
    throw error;
  }
  return {
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) => (await database.query<T>(text, [...parameters])).rows,
    transaction: async (run) => database.transaction(async (transaction) => run(scriptOf(transaction))),
    async close() {
      await database.close();
      unlock();
    },
  };
}

function scriptOf(transaction: Transaction): Script {
  return {
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) => (await transaction.query<T>(text, [...parameters])).rows,
    async script(text) {
      await transaction.exec(text);
    },
  };
}
