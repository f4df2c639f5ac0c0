import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MAX_FILE_BYTES } from './parse/load-file.ts';
import type { RawFile } from './state.ts';

/**
 * The files of a folder as Git would hold them, in path order, `.git` left out. It never follows a symbolic link; a file over
 * the limit has no bytes. Rejects with the file system's error when the folder can't be read.
 */
export async function readFolder(directory: string): Promise<RawFile[]> {
  const files: RawFile[] = [];
  await readInto(files, directory, '');
  return files.sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));
}

async function readInto(files: RawFile[], root: string, folder: string): Promise<void> {
  for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.name.includes('\uFFFD')) {
      // Such a name can't be opened by its text, and no object has it.
      files.push({ path, mode: 'file', oid: blobId(new Uint8Array()), size: 0, bytes: new Uint8Array() });
    } else if (entry.isDirectory()) {
      if (path !== '.git') await readInto(files, root, path);
    } else if (entry.isSymbolicLink()) {
      const target = Buffer.from(await readlink(join(root, path)));
      files.push({ path, mode: 'symlink', oid: blobId(target), size: target.length });
    } else if (entry.isFile()) files.push(await readOne(root, path));
  }
}

async function readOne(root: string, path: string): Promise<RawFile> {
  const { size, mode } = await lstat(join(root, path));
  const kind = (mode & 0o100) === 0 ? 'file' : 'executable';
  if (size > MAX_FILE_BYTES) return { path, mode: kind, oid: '', size };
  const bytes = await readFile(join(root, path));
  return { path, mode: kind, oid: blobId(bytes), size: bytes.length, bytes };
}

/** The id that Git gives to a file's content. */
export function blobId(bytes: Uint8Array): string {
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
