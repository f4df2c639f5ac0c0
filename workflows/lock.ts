import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { WorkflowError } from './errors.ts';

export interface DataLock {
  release(): void;
}

/**
 * One control plane per data directory. The lock is SQLite's exclusive file lock: the kernel drops it when the process
 * ends, however it ends, so nothing has to be judged stale. Throws `data_directory_in_use`.
 */
export function lockDataDirectory(directory: string): DataLock {
  const holder = join(directory, 'control-plane.pid');
  const database = new DatabaseSync(join(directory, 'control-plane.lock'));
  try {
    database.exec('PRAGMA busy_timeout=0; PRAGMA locking_mode=EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (cause) {
    database.close();
    throw new WorkflowError('data_directory_in_use', `Another control plane${holderOf(holder)} already uses ${directory}. Stop it, or set CAMELEER_DATA to another folder.`, { cause });
  }
  writeFileSync(holder, `${process.pid}\n`);
  return {
    release() {
      rmSync(holder, { force: true });
      database.close();
    },
  };
}

function holderOf(file: string): string {
  try {
    return ` (process ${readFileSync(file, 'utf8').trim()})`;
  } catch {
    return '';
  }
}
