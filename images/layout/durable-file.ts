import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createFile } from '../create-file.ts';
import { asDiskError } from '../disk-error.ts';
import { temporaryName } from '../temporary-files.ts';

/**
 * Writes a file so that after a crash it is there whole or not at all: into `uploads`, flushed, renamed, its folder flushed.
 * `write` fills it; when it throws, nothing is left behind. Throws ImageError `disk_full`, `not_writable`.
 */
export async function writeDurably(path: string, uploads: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = join(uploads, temporaryName());
  const file = await createFile(temporary, 0o644);
  try {
    await write(file);
    await file.sync();
    await file.close();
    await makeFolder(dirname(path));
    await rename(temporary, path);
  } catch (error) {
    await file.close();
    await rm(temporary, { force: true }).catch(() => {});
    throw asDiskError(error);
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
