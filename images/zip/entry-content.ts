import { Readable } from 'node:stream';
import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib';
import { ImageError } from '../image-error.ts';
import type { Scratch } from '../scratch.ts';
import type { ByteSource } from './byte-source.ts';
import type { ZipEntry } from './read-zip.ts';

export const chunkBytes = 1024 * 1024;
const smallBytes = 64 * 1024;

/** Where the entry's compressed bytes begin. Throws `jar_corrupt`, `jar_truncated`. */
export async function dataStart(source: ByteSource, entry: ZipEntry): Promise<number> {
  return entry.offset + headerLength(source, entry, await source.read(entry.offset, 30));
}

function headerLength(source: ByteSource, entry: ZipEntry, header: Buffer): number {
  if (header.readUInt32LE(0) !== 0x04034b50) throw corrupt(entry, 'has no header where the list of entries says');
  const length = 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
  if (entry.offset + length + entry.compressedSize > source.size) throw corrupt(entry, 'goes beyond the end of the file');
  return length;
}

/** The entry unpacked, in chunks; ends with `jar_corrupt` when size or CRC are not as declared. */
export async function* entryContent(source: ByteSource, entry: ZipEntry): AsyncGenerator<Buffer> {
  let checksum = 0;
  for await (const chunk of hastyContent(source, entry)) {
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (checksum !== entry.crc32) throw corrupt(entry, 'does not match its checksum');
}

/** The same without the CRC, for who looks at the bytes only to compare them; chunks may lie in `scratch`. */
export async function* hastyContent(source: ByteSource, entry: ZipEntry, scratch?: Scratch): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of unpacked(source, entry, scratch)) {
    size += chunk.length;
    if (size > entry.size) throw corrupt(entry, 'unpacks to more than it declares');
    yield chunk;
  }
  if (size !== entry.size) throw corrupt(entry, 'unpacks to less than it declares');
}

/** Bytes as they stand, a mebibyte at a time. */
export async function* rawBytes(source: ByteSource, range: { readonly start: number; readonly length: number }, scratch?: Scratch): AsyncGenerator<Buffer> {
  for (let at = 0; at < range.length; at += chunkBytes) {
    yield source.read(range.start + at, Math.min(chunkBytes, range.length - at), scratch);
  }
}

/** The whole entry; for entries whose declared size the caller has limited. */
export async function readEntry(source: ByteSource, entry: ZipEntry): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of entryContent(source, entry)) parts.push(part);
  return parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts);
}

async function* unpacked(source: ByteSource, entry: ZipEntry, scratch: Scratch | undefined): AsyncGenerator<Buffer> {
  if (entry.method !== 0 && entry.method !== 8) throw new ImageError('unsupported_compression', `The entry "${entry.name}" is compressed in a way that Java can't read. Build the JAR with the JDK's or Maven's own tools.`);
  if (isSmall(entry)) yield small(entry, await readSmall(source, entry));
  else if (entry.method === 0) yield* rawBytes(source, { start: await dataStart(source, entry), length: entry.compressedSize }, scratch);
  else yield* inflateLarge(source, entry, await dataStart(source, entry));
}

/** Read and unpacked whole. */
export function isSmall(entry: ZipEntry): boolean {
  return entry.compressedSize <= smallBytes && entry.size <= smallBytes;
}

/** Header and data in one read: for the thousands of classes of an application a second one would be most of the cost. */
async function readSmall(source: ByteSource, entry: ZipEntry): Promise<Buffer> {
  const guess = 30 + Buffer.byteLength(entry.name) + 64 + entry.compressedSize;
  const head = await source.read(entry.offset, Math.min(guess, source.size - entry.offset));
  if (head.length < 30) throw corrupt(entry, 'goes beyond the end of the file');
  const start = headerLength(source, entry, head);
  if (start + entry.compressedSize <= head.length) return head.subarray(start, start + entry.compressedSize);
  return source.read(entry.offset + start, entry.compressedSize);
}

/** At once: a class is unpacked sooner than another thread is asked to. */
function small(entry: ZipEntry, packed: Buffer): Buffer {
  if (entry.method === 0) return packed;
  try {
    return inflateRawSync(packed, { maxOutputLength: Math.max(1, entry.size) });
  } catch (cause) {
    throw corrupt(entry, 'can\'t be unpacked', cause);
  }
}

async function* inflateLarge(source: ByteSource, entry: ZipEntry, start: number): AsyncGenerator<Buffer> {
  const packed = Readable.from(rawBytes(source, { start, length: entry.compressedSize }));
  const inflater = createInflateRaw({ chunkSize: 256 * 1024 });
  packed.once('error', (error) => inflater.destroy(error));
  try {
    yield* packed.pipe(inflater) as AsyncIterable<Buffer>;
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw corrupt(entry, 'can\'t be unpacked', cause);
  } finally {
    packed.destroy();
    inflater.destroy();
  }
}

function corrupt(entry: ZipEntry, what: string, cause?: unknown): ImageError {
  return new ImageError('jar_corrupt', `The JAR is damaged: its entry "${entry.name}" ${what}. Build it again and upload it whole.`, { cause });
}
