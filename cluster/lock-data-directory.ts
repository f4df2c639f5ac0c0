import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ClusterError } from './cluster-error.ts';
import { isRunning, startTimeOf } from './local/process-identity.ts';

export interface DataDirectoryLock {
  /** Gives the directory free; a second call does nothing. */
  release(): void;
}

/**
 * Takes the directory (made when missing) for this process, until `release` or the end of the process. Holds the pid and
 * its start time, so the lock of a process that was killed is recognised and replaced.
 * Throws ClusterError `data_directory_in_use` while another process, or this one, holds it.
 */
export function lockDataDirectory(directory: string, name = 'control-plane.lock'): DataDirectoryLock {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, name);
  const own = JSON.stringify({ pid: process.pid, startTime: startTimeOf(process.pid) ?? '' });
  const candidate = `${path}.${process.pid}`;
  writeFileSync(candidate, own, { mode: 0o600 });
  try {
    take(path, candidate);
  } finally {
    rmSync(candidate, { force: true });
  }
  let held = true;
  return {
    release() {
      if (held && readText(path) === own) rmSync(path, { force: true });
      held = false;
    },
  };
}

function take(path: string, candidate: string): void {
  let replacing = false;
  for (let attempt = 0; attempt < 5; attempt += 1) {
    if (tryLink(candidate, path) && (!replacing || isSettled(candidate, path))) return;
    const holder = readText(path);
    if (holder === undefined) continue;
    refuseWhileAlive(path, holder);
    removeStale(path, holder);
    replacing = true;
  }
  throw new ClusterError('data_directory_in_use', `The lock ${path} changes hands all the time. Start one control plane only.`);
}

function refuseWhileAlive(path: string, holder: string): void {
  const identity = parseHolder(holder);
  if (identity === undefined || !isRunning(identity)) return;
  throw new ClusterError(
    'data_directory_in_use',
    `Another control plane (pid ${identity.pid}) uses this data directory: ${path}. Stop it, or choose another directory.`,
  );
}

/** Two starters may see the same dead holder: only the one that moved exactly that lock away goes on. */
function removeStale(path: string, holder: string): void {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch {
    return;
  }
  if (readText(aside) !== holder) tryLink(aside, path);
  rmSync(aside, { force: true });
}

/** Somebody who saw the same dead holder may be moving our lock away at this very moment: look again when that is over. */
function isSettled(candidate: string, path: string): boolean {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  return readText(path) === readText(candidate);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function parseHolder(text: string): { pid: number; startTime: string } | undefined {
  try {
    const value = JSON.parse(text) as { pid?: unknown; startTime?: unknown };
    return typeof value.pid === 'number' && typeof value.startTime === 'string' ? { pid: value.pid, startTime: value.startTime } : undefined;
  } catch {
    return undefined;
  }
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
