import { readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** As `git gc` has it: after twelve hours a lock is nobody's. */
const staleMilliseconds = 12 * 60 * 60 * 1000;

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function isHeld(path: string): Promise<boolean> {
  const [text, found] = [await readFile(path, 'utf8').catch(() => undefined), await stat(path).catch(() => undefined)];
  if (text === undefined || found === undefined || Date.now() - found.mtimeMs > staleMilliseconds) return false;
  const [pid = '', host] = text.trim().split(' ');
  return host !== hostname() || isAlive(Number(pid));
}

/**
 * Does the work while no `git gc` runs, and none starts: two that pack at once can delete an object that nothing refers to yet,
 * each because the other has it. Uses git's own lock, `gc.pid`. False when somebody else holds it; then nothing was done.
 */
export async function withGcLock(directory: string, work: () => Promise<void>): Promise<boolean> {
  const path = join(directory, 'gc.pid');
  const taken = await writeFile(`${path}.lock`, `${process.pid} ${hostname()}`, { flag: 'wx' }).then(() => true, () => false);
  if (!taken) return false;
  if (await isHeld(path)) {
    await rm(`${path}.lock`, { force: true });
    return false;
  }
  await rename(`${path}.lock`, path);
  try {
    await work();
  } finally {
    await rm(path, { force: true });
  }
  return true;
}
