import { ImageError } from '../image-error.ts';

export type TarItemKind = 'file' | 'directory' | 'symlink' | 'hardlink' | 'other';

export interface TarItem {
  /** As written. */
  readonly path: string;
  readonly kind: TarItemKind;
  /** Permission bits. */
  readonly mode: number;
  readonly size: number;
  readonly target: string;
  /** The content; what isn't read is skipped before the next item. */
  readonly content: AsyncGenerator<Buffer>;
}

const block = 512;
const maxMetadataBytes = 1024 * 1024;
const kinds: Readonly<Record<string, TarItemKind>> = { '0': 'file', '\0': 'file', '7': 'file', '1': 'hardlink', '2': 'symlink', '5': 'directory' };

/** Reads a tar stream (ustar, pax, GNU long names). Throws ImageError `bad_layer`. */
export async function* readTar(stream: AsyncIterable<Buffer>): AsyncGenerator<TarItem> {
  const bytes = new Bytes(stream);
  let extra = new Map<string, string>();
  for (;;) {
    const header = await bytes.take(block);
    if (header === undefined || header.every((byte) => byte === 0)) return;
    checkSum(header);
    const type = String.fromCharCode(header[156] ?? 0);
    const size = extra.has('size') ? Number(extra.get('size')) : numberAt(header, 124, 12);
    if (!Number.isSafeInteger(size) || size < 0) throw bad('an entry has no size');
    if ('xgLK'.includes(type)) {
      extra = new Map([...extra, ...metadata(type, await bytes.exactly(size, maxMetadataBytes))]);
      await bytes.skip(padding(size));
      continue;
    }
    const reader = new Content(bytes, size);
    yield {
      path: extra.get('path') ?? ustarPath(header),
      kind: kinds[type] ?? 'other',
      mode: numberAt(header, 100, 8) & 0o777,
      size,
      target: extra.get('linkpath') ?? textAt(header, 157, 100),
      content: reader.read(),
    };
    await bytes.skip(reader.left + padding(size));
    extra = new Map();
  }
}

function metadata(type: string, body: Buffer): Iterable<[string, string]> {
  if (type === 'L') return [['path', body.toString('utf8').replace(/\0+$/, '')]];
  if (type === 'K') return [['linkpath', body.toString('utf8').replace(/\0+$/, '')]];
  // Global pax headers hold comments (git archive) and nothing that places a file.
  return type === 'x' ? paxRecords(body) : [];
}

function paxRecords(body: Buffer): [string, string][] {
  const records: [string, string][] = [];
  for (let at = 0; at < body.length;) {
    const space = body.indexOf(0x20, at);
    const length = Number(body.toString('latin1', at, space));
    if (space === -1 || !Number.isSafeInteger(length) || length <= space - at + 1 || at + length > body.length) throw bad('a pax header is broken');
    const record = body.toString('utf8', space + 1, at + length - 1);
    const equals = record.indexOf('=');
    records.push([record.slice(0, equals), record.slice(equals + 1)]);
    at += length;
  }
  return records;
}

function ustarPath(header: Buffer): string {
  const name = textAt(header, 0, 100);
  const prefix = header.toString('latin1', 257, 263) === 'ustar\0' ? textAt(header, 345, 155) : '';
  return prefix === '' ? name : `${prefix}/${name}`;
}

function checkSum(header: Buffer): void {
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (sum !== numberAt(header, 148, 8)) throw bad('a header\'s checksum is wrong');
}

function textAt(header: Buffer, start: number, length: number): string {
  const field = header.subarray(start, start + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? length : end);
}

function numberAt(header: Buffer, start: number, length: number): number {
  // GNU's form for what octal can't say.
  if (((header[start] ?? 0) & 0x80) !== 0) return Number(BigInt(`0x${header.toString('hex', start + 1, start + length)}`));
  const text = header.toString('latin1', start, start + length).replace(/[\0 ]+$/, '').trim();
  return text === '' ? 0 : Number.parseInt(text, 8);
}

function padding(size: number): number {
  return (block - (size % block)) % block;
}

function bad(what: string): ImageError {
  return new ImageError('bad_layer', `A layer of the image is broken: ${what}. Upload the release again.`);
}

class Content {
  left: number;
  readonly #bytes: Bytes;

  constructor(bytes: Bytes, size: number) {
    this.#bytes = bytes;
    this.left = size;
  }

  async *read(): AsyncGenerator<Buffer> {
    while (this.left > 0) {
      const chunk = await this.#bytes.some(this.left);
      this.left -= chunk.length;
      yield chunk;
    }
  }
}

/** A stream read in pieces of wanted lengths. */
class Bytes {
  readonly #chunks: AsyncIterator<Buffer>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(stream: AsyncIterable<Buffer>) {
    this.#chunks = stream[Symbol.asyncIterator]();
  }

  /** At most `length` bytes, at least one. */
  async some(length: number): Promise<Buffer> {
    while (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) throw bad('it ends early');
      this.#rest = next.value;
    }
    const chunk = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(chunk.length);
    return chunk;
  }

  /** `undefined` at the end of the stream. */
  async take(length: number): Promise<Buffer | undefined> {
    if (this.#rest.length === 0) {
      const next = await this.#chunks.next();
      if (next.done === true) return undefined;
      this.#rest = next.value;
      return this.take(length);
    }
    return this.exactly(length, length);
  }

  async exactly(length: number, limit: number): Promise<Buffer> {
    if (length > limit) throw bad('a header is too long');
    const parts: Buffer[] = [];
    for (let left = length; left > 0;) {
      const part = await this.some(left);
      parts.push(part);
      left -= part.length;
    }
    return Buffer.concat(parts);
  }

  async skip(length: number): Promise<void> {
    for (let left = length; left > 0;) left -= (await this.some(left)).length;
  }
}
