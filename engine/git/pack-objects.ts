import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { diskError } from './git-error.ts';
import { isAlive } from './is-alive.ts';
import { smallWindow, syncDirectory, writeDurably } from './loose-objects.ts';
import type { NewObject } from './loose-objects.ts';
import type { ObjectType } from './object-id.ts';
import { deltaBetween, distance } from './tree-delta.ts';

export const keepEnding = '.keep';
const keepLine = 'cameleer is writing this pack\n';
/** What the mark of a pack that this process is writing says: git reads none of it. */
export const keepText = `${keepLine}${process.pid} ${hostname()}\n`;
const typeNumbers: Readonly<Record<ObjectType, number>> = { commit: 1, tree: 2, blob: 3, tag: 4 };

const deltaNumber = 6;
/** As git makes them; whoever reads the last has to apply them all. */
const longestChain = 50;

/** Type and size: three bits and four bits in the first byte, then seven bits a byte, the lowest first. */
function entryHeader(type: number, length: number): Buffer {
  let rest = Math.floor(length / 16);
  const bytes = [(type << 4) | (length % 16)];
  while (rest > 0) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | 0x80;
    bytes.push(rest % 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from(bytes);
}

function uint32s(values: readonly number[]): Buffer {
  const buffer = Buffer.alloc(values.length * 4);
  for (const [index, value] of values.entries()) buffer.writeUInt32BE(value, index * 4);
  return buffer;
}

function withChecksum(content: Buffer): Buffer {
  return Buffer.concat([content, createHash('sha1').update(content).digest()]);
}

interface Entry {
  readonly object: NewObject;
  readonly offset: number;
  readonly crc: number;
  /** How many deltas lead to it. */
  readonly depth: number;
}

/** Up to here a pack is stored, not deflated: a deflater for each small object costs more than the flush; `git repack` makes deltas of them. */
const storedUpTo = 4 * 1024 * 1024;
const largestStoredBlock = 0xffff;

function adler32(content: Uint8Array): number {
  let [a, b] = [1, 0];
  for (let at = 0; at < content.length; ) {
    // So many sums stay below 2^32.
    for (const end = Math.min(at + 3800, content.length); at < end; at += 1) {
      a += content[at] ?? 0;
      b += a;
    }
    a %= 65521;
    b %= 65521;
  }
  return b * 65536 + a;
}

/** A zlib stream (RFC 1950) of one stored block. */
function storedBlock(content: Buffer): Buffer {
  const block = Buffer.allocUnsafe(content.length + 11);
  block.writeUInt16BE(0x7801, 0);
  block[2] = 1;
  block.writeUInt16LE(content.length, 3);
  block.writeUInt16LE(largestStoredBlock - content.length, 5);
  content.copy(block, 7);
  block.writeUInt32BE(adler32(content), content.length + 7);
  return block;
}

function compress(content: Buffer, stored: boolean): Buffer {
  return stored && content.length <= largestStoredBlock ? storedBlock(content) : deflateSync(content, { level: 1, ...smallWindow });
}

/** An object's entry at an offset: as a delta when what it was made from is in the pack, and the delta is small. */
function encodeEntry(object: NewObject, base: Entry | undefined, offset: number, stored: boolean): { readonly bytes: Buffer; readonly depth: number } {
  const delta = base === undefined || base.depth === longestChain ? undefined : deltaBetween(base.object.content, object.content);
  if (base === undefined || delta === undefined) return { bytes: Buffer.concat([entryHeader(typeNumbers[object.type], object.content.length), compress(object.content, stored)]), depth: 0 };
  return { bytes: Buffer.concat([entryHeader(deltaNumber, delta.length), distance(offset - base.offset), compress(delta, stored)]), depth: base.depth + 1 };
}

/** gitformat-pack(5), version 2. */
function encodePack(objects: readonly NewObject[]): { readonly pack: Buffer; readonly entries: readonly Entry[] } {
  const parts = [Buffer.from('PACK'), uint32s([2, objects.length])];
  const entries = new Map<string, Entry>();
  const stored = objects.reduce((sum, { content }) => sum + content.length, 0) <= storedUpTo;
  let offset = 12;
  for (const object of objects) {
    const { bytes, depth } = encodeEntry(object, object.madeFrom === undefined ? undefined : entries.get(object.madeFrom), offset, stored);
    entries.set(object.oid, { object, offset, crc: crc32(bytes), depth });
    parts.push(bytes);
    offset += bytes.length;
  }
  if (entries.size < objects.length) throw new TypeError('An object is given twice. git reads no pack that counts more than its index.');
  if (offset >= 2 ** 31) throw new TypeError('A pack of 2 GiB or more needs another index. Write fewer objects at once.');
  return { pack: withChecksum(Buffer.concat(parts)), entries: [...entries.values()] };
}

/** The same manual page: fan-out, ids in order, checksums, offsets. */
function encodeIndex(pack: Buffer, entries: readonly Entry[]): Buffer {
  const sorted = [...entries].sort((a, b) => (a.object.oid < b.object.oid ? -1 : 1));
  const fanOut = Array.from({ length: 256 }, () => 0);
  for (const [index, { object: { oid } }] of sorted.entries()) fanOut[Number.parseInt(oid.slice(0, 2), 16)] = index + 1;
  for (let byte = 1; byte < 256; byte += 1) fanOut[byte] = Math.max(fanOut[byte] ?? 0, fanOut[byte - 1] ?? 0);
  return withChecksum(
    Buffer.concat([
      Buffer.from('ff744f6300000002', 'hex'),
      uint32s(fanOut),
      Buffer.from(sorted.map(({ object: { oid } }) => oid).join(''), 'hex'),
      uint32s(sorted.map(({ crc }) => crc)),
      uint32s(sorted.map(({ offset }) => offset)),
      pack.subarray(-20),
    ]),
  );
}

/**
 * Writes objects as one pack, durably: where a file each would cost a flush each. git sees a pack by its index, which is
 * written last. Throws `disk_full`; then nothing refers to what was written.
 */
export async function writePack(directory: string, objects: readonly NewObject[]): Promise<void> {
  const folder = join(directory, 'objects', 'pack');
  const { pack, entries } = encodePack(objects);
  // Not the checksum, as git has it: a repack that is about to delete an old pack of the same objects must not meet this one.
  const name = `pack-${randomBytes(20).toString('hex')}`;
  // Names that `git gc` recognises as leftovers of a killed writer.
  const unique = randomBytes(9).toString('hex');
  const files = [
    { content: pack, temporary: join(folder, `tmp_pack_${unique}`), final: join(folder, `${name}.pack`) },
    { content: encodeIndex(pack, entries), temporary: join(folder, `tmp_idx_${unique}`), final: join(folder, `${name}.idx`) },
  ];
  // A `git repack` that sees the pack before its index would delete it with what it knows nothing of; this tells it not to.
  const keep = join(folder, `${name}${keepEnding}`);
  try {
    await Promise.all(files.map(({ temporary, content }) => writeDurably(temporary, content)));
    await writeFile(keep, keepText);
    for (const { temporary, final } of files) await rename(temporary, final);
    await syncDirectory(folder);
  } catch (cause) {
    await Promise.all(files.map(({ temporary }) => rm(temporary, { force: true })));
    throw diskError(cause);
  } finally {
    await rm(keep, { force: true });
  }
}

/** A pack gets its name within milliseconds: a mark as old as this is a killed writer's. */
const keptMilliseconds = 60_000;

/** Lets git pack again what a killed writer was about to name. */
export async function releaseKeptPacks(directory: string, now: Date): Promise<void> {
  const folder = join(directory, 'objects', 'pack');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith(keepEnding));
  for (const path of names.map((name) => join(folder, name))) {
    const found = await stat(path).catch(() => undefined);
    if (found === undefined || now.getTime() - found.mtimeMs < keptMilliseconds) continue;
    if ((await readFile(path, 'utf8').catch(() => '')).startsWith(keepLine)) await rm(path, { force: true });
  }
}

/** Whether the mark is of a process of this machine that is gone. */
export function isLeftMark(text: string): boolean {
  const [pid = '', host] = text.startsWith(keepLine) ? text.slice(keepLine.length).trim().split(' ') : [];
  return host === hostname() && !isAlive(Number(pid));
}
