import { setImmediate } from 'node:timers/promises';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { ImageError } from '../image-error.ts';
import type { ByteSource } from './byte-source.ts';

/** An entry as the central directory has it; nothing is checked yet but what reading it needs. */
export interface ZipEntry {
  /** As written: may hold `..` or backslashes. */
  readonly name: string;
  readonly directory: boolean;
  readonly symlink: boolean;
  readonly encrypted: boolean;
  /** 0 stored, 8 deflated. */
  readonly method: number;
  readonly crc32: number;
  readonly compressedSize: number;
  /** Unpacked size, as declared. */
  readonly size: number;
  /** Of the local header. */
  readonly offset: number;
}

// The end record with the longest comment that it may have, and the zip64 locator before it.
const tailBytes = 22 + 0xffff + 20;
const maxDirectoryBytes = 128 * 1024 * 1024;

/**
 * The entries in the order of the central directory. Throws ImageError `not_a_zip`, `jar_truncated`, `jar_prefixed`,
 * `jar_corrupt`, `too_many_entries`.
 */
export async function readZip(source: ByteSource, maxEntries: number): Promise<readonly ZipEntry[]> {
  const reader = new WindowReader();
  const start = Math.max(0, source.size - tailBytes);
  reader.show(start, await source.read(start, source.size - start));
  const zip = await open(reader, source);
  if (zip.entryCount > maxEntries) throw new ImageError('too_many_entries', `The JAR has ${zip.entryCount} entries; ${maxEntries} are allowed.`);
  const directory = Number(zip.readEntryCursor);
  if (directory < start) {
    if (source.size - directory > maxDirectoryBytes) throw new ImageError('too_many_entries', 'The list of the JAR\'s entries is too long.');
    reader.show(directory, await source.read(directory, source.size - directory));
  }
  try {
    return await readDirectory(zip, reader);
  } catch (error) {
    if (await startsWithEntry(source)) throw error;
    throw new ImageError('jar_prefixed', 'Something stands before the JAR\'s first entry, such as a script that starts it. Build it without (spring-boot-maven-plugin: leave out `executable`).', { cause: error });
  }
}

async function startsWithEntry(source: ByteSource): Promise<boolean> {
  const head = source.size >= 4 ? await source.read(0, 4) : Buffer.alloc(4);
  return head.readUInt32LE(0) === 0x04034b50;
}

async function open(reader: WindowReader, source: ByteSource): Promise<ZipFile> {
  try {
    return await yauzl.fromRandomAccessReaderPromise(reader, source.size, { autoClose: false, lazyEntries: true, decodeStrings: false, validateEntrySizes: true });
  } catch (cause) {
    if (!(await startsWithEntry(source))) throw new ImageError('not_a_zip', 'The file is not a JAR (a zip file). Upload the JAR that the build makes.', { cause });
    if (/not found/.test(String(cause))) throw new ImageError('jar_truncated', 'The JAR has no end: it was cut. Upload it whole.', { cause });
    throw corrupt('its end record is wrong', cause);
  }
}

/** The reader answers at once, so every `readEntry` has emitted before it returns: an event loop turn only now and then. */
async function readDirectory(zip: ZipFile, reader: WindowReader): Promise<readonly ZipEntry[]> {
  const entries: ZipEntry[] = [];
  let failure: unknown;
  zip.on('entry', (entry: Entry) => entries.push(entryOf(entry)));
  zip.on('error', (error: unknown) => {
    failure = error;
  });
  for (let count = 1; count <= zip.entryCount; count += 1) {
    zip.readEntry();
    if (failure !== undefined || entries.length !== count) throw corrupt('its list of entries is broken', failure);
    if (count % 4096 === 0) await setImmediate();
  }
  // A count that stops early would hide entries from us that Java would see.
  const next = reader.signatureAt(Number(zip.readEntryCursor));
  if (next !== 0x06054b50 && next !== 0x06064b50) throw corrupt('its list of entries is longer than it says', undefined);
  return entries;
}

function entryOf(entry: Entry): ZipEntry {
  const name = yauzl.getFileNameLowLevel(entry.generalPurposeBitFlag, entry.fileNameRaw, entry.extraFields, true);
  const unixMode = entry.versionMadeBy >>> 8 === 3 ? entry.externalFileAttributes >>> 16 : 0;
  return {
    name,
    directory: name.endsWith('/'),
    symlink: (unixMode & 0o170_000) === 0o120_000,
    encrypted: (entry.generalPurposeBitFlag & 1) !== 0,
    method: entry.compressionMethod,
    crc32: entry.crc32,
    compressedSize: entry.compressedSize,
    size: entry.uncompressedSize,
    offset: entry.relativeOffsetOfLocalHeader,
  };
}

function corrupt(what: string, cause: unknown): ImageError {
  return new ImageError('jar_corrupt', `The JAR is damaged: ${what}. Build it again and upload it whole.`, { cause });
}

/** Hands yauzl bytes of a part of the file that is already in memory. */
class WindowReader extends yauzl.RandomAccessReader {
  #start = 0;
  #bytes: Buffer = Buffer.alloc(0);

  show(start: number, bytes: Buffer): void {
    this.#start = start;
    this.#bytes = bytes;
  }

  signatureAt(position: number): number | undefined {
    const at = position - this.#start;
    return at >= 0 && at + 4 <= this.#bytes.length ? this.#bytes.readUInt32LE(at) : undefined;
  }

  override _readStreamForRange(): never {
    throw new TypeError('Entries are read through entryContent.');
  }

  override read(...[buffer, offset, length, position, callback]: Parameters<yauzl.RandomAccessReader['read']>): void {
    const from = position - this.#start;
    if (from < 0 || from + length > this.#bytes.length) callback(new Error('outside of the file'));
    else {
      this.#bytes.copy(buffer, offset, from, from + length);
      // yauzl wants the number of bytes, too, which its types forgot.
      Reflect.apply(callback, undefined, [null, length]);
    }
  }
}
