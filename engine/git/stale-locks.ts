import { readdir, readlink, realpath, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { exclusively } from './exclusive.ts';

const oldEnoughMilliseconds = 60_000;

async function lockFiles(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile() && entry.name.endsWith('.lock')).map((entry) => join(entry.parentPath, entry.name));
}

async function openFilesOf(pid: string): Promise<string[]> {
  const folder = `/proc/${pid}/fd`;
  const numbers = await readdir(folder).catch(() => []);
  return Promise.all(numbers.map((number) => readlink(join(folder, number)).catch(() => '')));
}

async function openFiles(): Promise<Set<string>> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  return new Set((await Promise.all(processes.map(openFilesOf))).flat());
}

/**
 * Removes git's `*.lock` files of refs that a killed process left: by one process at a time, so that nobody removes what
 * another has taken again since, only when older than 60 s and open in no process. Answers with the removed paths.
 */
export async function removeStaleLocks(directory: string, now: Date): Promise<string[]> {
  const removed: string[] = [];
  await exclusively(directory, 'stale-locks', async () => {
    removed.push(...(await remove(directory, now)));
  });
  return removed;
}

async function remove(directory: string, now: Date): Promise<string[]> {
  const stale = await findStaleLocks(directory, now);
  for (const path of stale) await rm(path, { force: true });
  return stale;
}

/** Locks that nobody holds. */
export async function findStaleLocks(directory: string, now: Date): Promise<string[]> {
  const root = await realpath(directory);
  const top = ['packed-refs.lock', 'HEAD.lock', 'config.lock'].map((name) => join(root, name));
  const stale: string[] = [];
  let open: Set<string> | undefined;
  for (const path of [...top, ...(await lockFiles(join(root, 'refs')))]) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || now.getTime() - found.mtimeMs < oldEnoughMilliseconds) continue;
    open ??= await openFiles();
    if (open.has(path)) continue;
    stale.push(path);
  }
  return stale;
}
