import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { asDiskError } from './disk-error.ts';

/** A new file, to be written, in a folder that is made when missing. Throws ImageError `disk_full`, `not_writable`. */
export async function createFile(path: string, mode: number): Promise<FileHandle> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    return await open(path, 'wx', mode);
  } catch (error) {
    throw asDiskError(error);
  }
}
