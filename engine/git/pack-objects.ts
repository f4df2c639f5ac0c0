import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { GitError } from './git-error.ts';
import { syncDirectory } from './loose-objects.ts';
import type { NewObject } from './loose-objects.ts';
import type { ObjectType } from './object-id.ts';
import { spawnGit } from './run-git.ts';

const typeNumbers: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

/** Type and size: three bits and four bits in the first byte, then seven bits a byte, the lowest first. */
function entryHeader(object: NewObject): Buffer {
  let rest = Math.floor(object.content.length / 16);
  const bytes = [(typeNumbers[object.type] << 4) | (object.content.length % 16)];
  while (rest > 0) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from(bytes);
}

function packHeader(count: number): Buffer {
  const header = Buffer.from('PACK\0\0\0\u0002\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  return header;
}

/**
 * Writes objects as one pack, durably: for thousands at once, where a file each would cost a flush each. Throws `disk_full`
 * or `git_failed`; then nothing refers to what was written.
 */
export async function writePack(directory: string, objects: readonly NewObject[]): Promise<void> {
  const child = spawnGit(directory, ['-c', 'core.fsync=all', 'index-pack', '--stdin']);
  const complaints: Buffer[] = [];
  child.stdin.on('error', () => {});
  child.stdout.resume();
  child.stderr.on('data', (chunk: Buffer) => complaints.push(chunk));
  const ended = new Promise<number | null>((resolve) => {
    child.once('error', () => resolve(null));
    child.once('close', resolve);
  });
  const checksum = createHash('sha1');
  const send = async (bytes: Buffer) => {
    checksum.update(bytes);
    if (!child.stdin.write(bytes)) await Promise.race([once(child.stdin, 'drain'), ended]);
  };
  await send(packHeader(objects.length));
  for (const object of objects) await send(Buffer.concat([entryHeader(object), deflateSync(object.content, { level: 1 })]));
  child.stdin.end(checksum.digest());
  if ((await ended) !== 0) {
    const cause = new Error(Buffer.concat(complaints).toString('utf8').trim());
    if (/no space left|disk quota|file too large/i.test(cause.message)) throw new GitError('disk_full', 'The disk of the state repository is full; nothing was changed. Free space and try again.', { cause });
    throw new GitError('git_failed', 'git index-pack could not write a pack.', { cause });
  }
  await syncDirectory(join(directory, 'objects', 'pack'));
}
