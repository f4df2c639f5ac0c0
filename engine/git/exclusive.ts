import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/**
 * Does the work when no other process does work of that name on the repository; answers whether it did. The lock is the
 * kernel's, held through SQLite because Node has no file lock of its own: it ends with its process, so none is ever stale, and
 * containers that share a folder see each other's.
 */
export async function exclusively(directory: string, name: string, work: () => Promise<void>): Promise<boolean> {
  // Not `*.lock`: git does not know it, and the search for stale locks must not find it.
  const database = new DatabaseSync(join(directory, `cameleer-${name}`));
  try {
    if (!took(database)) return false;
    await work();
    return true;
  } finally {
    database.close();
  }
}

const SQLITE_BUSY = 5;

function took(database: DatabaseSync): boolean {
  try {
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
