import { randomBytes } from 'node:crypto';
import { closeSync, constants, fdatasync, fsync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { deflateSync } from 'node:zlib';
import { diskError } from './git-error.ts';
import type { ObjectType } from './object-id.ts';

export interface NewObject {
  readonly oid: string;
  readonly type: ObjectType;
  readonly content: Buffer;
  /** Id of the object that was edited to make it, if any: they are much the same. */
  readonly madeFrom?: string;
}

/** Trees are object ids for the most part, which do not deflate. */
const storedFrom = 2048;
/** Objects are a few KB: zlib's default window and output chunk would cost more to allocate than to use. */
export const smallWindow = { windowBits: 13, memLevel: 6, chunkSize: 2048 } as const;
const flush = promisify(fsync);
const flushData = promisify(fdatasync);

function encode(object: NewObject): Buffer {
  const level = object.type === 'tree' && object.content.length > storedFrom ? 0 : 1;
  return deflateSync(Buffer.concat([Buffer.from(`${object.type} ${object.content.length}\0`), object.content]), { level, ...smallWindow });
}

/** Writes a new file whose name is not durable yet. */
export async function writeDurably(path: string, content: Buffer): Promise<void> {
  const file = await open(path, 'wx', 0o444);
  try {
    await file.writeFile(content);
    await file.datasync();
  } finally {
    await file.close();
  }
}

/** Makes the content of a file durable that somebody else wrote. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}

function openDirectory(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/**
 * Makes names in a folder durable. git 2.39 does this for none of its folders. A folder may have gone: git removes those that
 * packing left empty, after it has flushed what it packed.
 */
export async function syncDirectory(path: string): Promise<void> {
  const descriptor = openDirectory(path);
  if (descriptor === undefined) return;
  try {
    await flush(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** A file under a name that `git prune` recognises as a leftover of a killed writer. */
interface Staged {
  readonly temporary: string;
  readonly folder: string;
  readonly path: string;
  descriptor: number | undefined;
}

function stage(root: string, object: NewObject): Staged {
  const folder = join(root, object.oid.slice(0, 2));
  const temporary = join(root, `tmp_obj_${randomBytes(9).toString('hex')}`);
  return { temporary, folder, path: join(folder, object.oid.slice(2)), descriptor: openSync(temporary, 'wx', 0o444) };
}

function closeStaged(staged: Staged): void {
  if (staged.descriptor !== undefined) closeSync(staged.descriptor);
  staged.descriptor = undefined;
}

/** A folder may be missing, or be removed again by a git that has just packed what was in it. */
function giveName(staged: Staged): void {
  closeStaged(staged);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return renameSync(staged.temporary, staged.path);
    } catch (error) {
      if (!isMissing(error) || attempt > 20) throw error;
      mkdirSync(staged.folder, { recursive: true });
    }
  }
}

/**
 * Writes objects as loose files, durably: the files first, then the folders that name them. When it throws, some objects may
 * exist, but nothing refers to them. Throws `disk_full`. Only flushes go through the thread pool: opening, writing and
 * renaming a few small files costs less than handing each step over.
 */
export async function writeLooseObjects(directory: string, objects: readonly NewObject[]): Promise<void> {
  const root = join(directory, 'objects');
  const files: Staged[] = [];
  try {
    for (const object of objects) {
      const staged = stage(root, object);
      files.push(staged);
      writeFileSync(staged.descriptor ?? -1, encode(object));
    }
    // All of them end before any is closed.
    for (const outcome of await Promise.allSettled(files.map(({ descriptor }) => flushData(descriptor ?? -1)))) {
      if (outcome.status === 'rejected') throw outcome.reason;
    }
    for (const file of files) giveName(file);
    await Promise.all([root, ...new Set(files.map(({ folder }) => folder))].map(syncDirectory));
  } catch (cause) {
    for (const file of files) {
      closeStaged(file);
      rmSync(file.temporary, { force: true });
    }
    throw diskError(cause);
  }
}
