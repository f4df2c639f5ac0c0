import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { LedgerError } from './ledger-error.ts';

/**
 * Takes `directory` for this process and answers the function that gives it back. The lock is SQLite's exclusive file lock
 * on an empty database: the kernel drops it when the process ends, however it ends, so no lock is ever stale and no process
 * id has to be judged. Nobody else may open `directory`/lock: closing a second descriptor would drop the lock.
 * Errors: `ledger_locked`.
 */
export function lockDirectory(directory: string): () => void {
  const lock = new DatabaseSync(join(directory, 'lock'));
  try {
    lock.exec('pragma busy_timeout = 0; pragma locking_mode = exclusive; begin exclusive');
  } catch (cause) {
    lock.close();
    throw new LedgerError('ledger_locked', `Another process uses the ledger in ${directory}. Stop it, or use another directory.`, { cause });
  }
  return () => lock.close();
}
