import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a file so that after a crash it is there whole or not at all: into `uploads`, flushed, renamed, its folder flushed.
 * `write` fills it; when it throws, nothing is left behind.
 */
export async function writeDurably(path: string, uploads: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = join(uploads, `${process.pid}-${randomUUID()}`);
  await mkdir(uploads, { recursive: true, mode: 0o700 });
  const file = await open(temporary, 'wx', 0o644);
  try {
    await write(file);
    await file.sync();
    await file.close();
    await makeFolder(dirname(path));
    await rename(temporary, path);
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true });
    throw error;
  }
  await flushFolder(dirname(path));
}

/** Creates the folder; those that were missing are flushed into their parents. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let folder = path; folder.length >= first.length; folder = dirname(folder)) await flushFolder(dirname(folder));
}

export async function flushFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** Removes what processes that are gone have left in `uploads`. */
export async function removeLeftovers(uploads: string): Promise<void> {
  for (const name of await readdir(uploads).catch(() => [])) {
    const pid = Number(/^(\d+)-/.exec(name)?.[1] ?? 0);
    if (pid === process.pid || isAlive(pid)) continue;
    await rm(join(uploads, name), { force: true, recursive: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
