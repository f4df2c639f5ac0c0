import { copyFile, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { exclusively } from './exclusive.ts';
import { isAlive } from './is-alive.ts';

/** As `git gc` has it: after twelve hours a lock is nobody's. */
const staleMilliseconds = 12 * 60 * 60 * 1000;

const oursEnding = '.cameleer';
/** git has this file for as long as it takes to rename it. */
const halfTakenMilliseconds = 60_000;

/** A repack of ours that outlived the process that started it. */
async function repackRuns(directory: string): Promise<boolean> {
  const read = (pid: string, name: string) => readFile(join('/proc', pid, name), 'latin1').catch(() => '');
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(pids.map(async (pid) => {
    if (!(await read(pid, 'cmdline')).includes('\0repack\0')) return false;
    return `\0${await read(pid, 'environ')}`.includes(`\0GIT_DIR=${directory}\0`);
  }));
  return found.includes(true);
}

async function isHeld(path: string): Promise<boolean> {
  const [text, found] = [await readFile(path, 'utf8').catch(() => undefined), await stat(path).catch(() => undefined)];
  if (text === undefined || found === undefined || Date.now() - found.mtimeMs > staleMilliseconds) return false;
  // One of us had it, wherever it ran, and only one of us at a time gets here: it was killed, though its git may go on.
  if (text === (await readFile(`${path}${oursEnding}`, 'utf8').catch(() => undefined))) return repackRuns(dirname(path));
  const [pid = '', host] = text.trim().split(' ');
  return host !== hostname() || isAlive(Number(pid));
}

/**
 * Does the work while no other upkeep and no `git gc` runs, and none starts: two that pack at once can delete an object that
 * nothing refers to yet, each because the other has it. The kernel's lock keeps out our own processes and is free when its
 * holder dies; git's own, `gc.pid`, keeps out git. False when somebody else holds one of them; then nothing was done.
 */
export async function withGcLock(directory: string, work: () => Promise<void>): Promise<boolean> {
  let done = false;
  await exclusively(directory, 'upkeep', async () => {
    done = await withGitsLock(join(directory, 'gc.pid'), work);
  });
  return done;
}

async function withGitsLock(path: string, work: () => Promise<void>): Promise<boolean> {
  const left = await stat(`${path}.lock`).catch(() => undefined);
  if (left !== undefined && Date.now() - left.mtimeMs > halfTakenMilliseconds) await rm(`${path}.lock`, { force: true });
  const taken = await writeFile(`${path}.lock`, `${process.pid} ${hostname()}`, { flag: 'wx' }).then(() => true, () => false);
  if (!taken) return false;
  if (await isHeld(path)) {
    await rm(`${path}.lock`, { force: true });
    return false;
  }
  await copyFile(`${path}.lock`, `${path}${oursEnding}`);
  await rename(`${path}.lock`, path);
  try {
    await work();
  } finally {
    await rm(path, { force: true });
    await rm(`${path}${oursEnding}`, { force: true });
  }
  return true;
}
