import { writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { ClusterError } from './cluster-error.ts';
import type { DataDirectoryLock } from './lock-data-directory.ts';

const SQLITE_BUSY = 5;
/** A connection that nobody refers to is collected as garbage, and its lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Says of a repository, in a file beside it, that this process uses it: `alone`, or `shared` with others that say the same. The
 * lock is the kernel's, as that of the data directory, so none is ever stale. Throws ClusterError `replica_needs_postgres` when
 * the two do not go together.
 */
export function shareRepository(repository: string, how: 'alone' | 'shared'): DataDirectoryLock {
  const path = `${repository}.users`;
  writeFileSync(path, '', { flag: 'a', mode: 0o600 });
  const database = new DatabaseSync(path);
  try {
    database.exec('PRAGMA busy_timeout = 0');
    database.exec(how === 'alone' ? 'BEGIN EXCLUSIVE' : 'BEGIN; SELECT count(*) FROM sqlite_schema');
  } catch (error) {
    database.close();
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new ClusterError('replica_needs_postgres', `Another control plane uses ${repository}, and the embedded ledger is for one process. Set CAMELEER_DATABASE_URL to the same PostgreSQL for all of them, or stop the other one.`, { cause: error });
  }
  held.add(database);
  return {
    release() {
      if (held.delete(database)) database.close();
    },
  };
}
