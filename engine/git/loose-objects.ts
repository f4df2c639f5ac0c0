import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { diskError } from './git-error.ts';
import type { ObjectType } from './object-id.ts';

export interface NewObject {
  readonly oid: string;
  readonly type: ObjectType;
  readonly content: Buffer;
}

/** Trees are object ids for the most part, which do not deflate. */
const storedFrom = 2048;
/** Objects are a few KB: zlib's default window and output chunk would cost more to allocate than to use. */
export const smallWindow = { windowBits: 13, memLevel: 6, chunkSize: 2048 } as const;
/** libuv's pool has four threads; more files at once only cost descriptors. */
const parallel = 16;

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

async function writeOne(objects: string, object: NewObject): Promise<void> {
  const folder = join(objects, object.oid.slice(0, 2));
  const path = join(folder, object.oid.slice(2));
  // The name that `git prune` recognises as a leftover of a killed writer.
  const temporary = join(objects, `tmp_obj_${randomBytes(9).toString('hex')}`);
  try {
    await writeDurably(temporary, encode(object));
    await rename(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
      await mkdir(folder, { recursive: true });
      await rename(temporary, path);
    });
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** Makes names in a folder durable. git 2.39 does this for none of its folders. */
export async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = items.values();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  const outcomes = await Promise.allSettled(Array.from({ length: Math.min(parallel, items.length) }, worker));
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
}

/**
 * Writes objects as loose files, durably: the files first, then the folders that name them. When it throws, some objects may
 * exist, but nothing refers to them. Throws `disk_full`.
 */
export async function writeLooseObjects(directory: string, objects: readonly NewObject[]): Promise<void> {
  const root = join(directory, 'objects');
  try {
    await inParallel(objects, (object) => writeOne(root, object));
    const folders = new Set(objects.map((object) => object.oid.slice(0, 2)));
    await inParallel([...folders], (folder) => syncDirectory(join(root, folder)));
    await syncDirectory(root);
  } catch (cause) {
    throw diskError(cause);
  }
}
