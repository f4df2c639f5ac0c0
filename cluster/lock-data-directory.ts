import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { ClusterError } from './cluster-error.ts';

const SQLITE_BUSY = 5;

export interface DataDirectoryLock {
  /** Gives the directory free; a second call does nothing. */
  release(): void;
}

/** A connection that nobody refers to is collected as garbage, and its lock with it. */
const held = new Set<DatabaseSync>();

/**
 * Takes the directory (made when missing) for this process, until `release` or the end of the process, however it ends:
 * the lock is the kernel's, held through SQLite because Node has no file lock of its own, so none is ever stale.
 * Throws ClusterError `data_directory_in_use` while another process, or this one, holds it, `data_directory_unusable` when
 * it can't be made or written.
 */
export function lockDataDirectory(directory: string, name = 'control-plane.lock'): DataDirectoryLock {
  const path = join(directory, name);
  const holder = `${path}.pid`;
  const database = takeLock(directory, path, holder);
  held.add(database);
  return {
    release() {
      if (!held.delete(database)) return;
      try {
        rmSync(holder, { force: true });
      } catch {
        // A disk that only reads keeps the file, which says nothing without the lock.
      }
      database.close();
    },
  };
}

function takeLock(directory: string, path: string, holder: string): DatabaseSync {
  let database: DatabaseSync | undefined;
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    database = new DatabaseSync(path);
    database.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
    writeFileSync(holder, `${process.pid}\n`, { mode: 0o600 });
    return database;
  } catch (error) {
    database?.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) {
      throw new ClusterError('data_directory_in_use', `Another control plane${holderOf(holder)} uses this data directory: ${directory}. Stop it, or choose another directory.`, { cause: error });
    }
    throw new ClusterError('data_directory_unusable', `The data directory ${directory} can't be used: ${(error as Error).message}. Make it writable, or choose another directory.`, { cause: error });
  }
}

/** Only for the message: the file may be old. */
function holderOf(path: string): string {
  try {
    return ` (process ${readFileSync(path, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
