import type { Scratch } from '../scratch.ts';

/** One file or folder of a layer; `path` is relative, without a trailing slash. */
export interface TarEntry {
  readonly path: string;
  readonly kind: 'file' | 'directory';
  /** Bytes; 0 for a folder. */
  readonly size: number;
  /** With a scratch: unchecked, and a chunk may be overwritten once as many later ones were asked for as the scratch has buffers. */
  readonly content?: (scratch?: Scratch) => AsyncIterable<Buffer>;
}

const block = 512;
/** The first second of 1970 and one: 0 is taken for "no time" by some tools. */
const mtime = 1;
const maxOctalSize = 0o77_777_777_777;

/**
 * The entries with their parent folders, each once, in byte order of their paths: a folder stands before what it holds.
 * Throws TypeError when two entries have one path, or a file stands where a folder is needed.
 */
export function arrange(entries: Iterable<TarEntry>): readonly TarEntry[] {
  const byPath = new Map<string, TarEntry>();
  for (const entry of entries) {
    const known = byPath.get(entry.path);
    if (known !== undefined && (known.kind === 'file' || entry.kind === 'file')) throw new TypeError(`Two entries at ${entry.path}.`);
    byPath.set(entry.path, entry);
    for (let slash = entry.path.lastIndexOf('/'); slash > 0; slash = entry.path.lastIndexOf('/', slash - 1)) {
      const parent = entry.path.slice(0, slash);
      const there = byPath.get(parent);
      if (there?.kind === 'file') throw new TypeError(`A file stands where the folder ${parent} is needed.`);
      if (there === undefined) byPath.set(parent, { path: parent, kind: 'directory', size: 0 });
    }
  }
  return [...byPath.values()].sort((a, b) => Buffer.compare(Buffer.from(a.path), Buffer.from(b.path)));
}

/** The size of the whole archive in bytes, known before its content is read. */
export function tarSize(entries: readonly TarEntry[]): number {
  return entries.reduce((sum, entry) => sum + headerOf(entry).length + padded(entry.size), 2 * block);
}

/**
 * A tar archive (ustar; pax for what ustar can't say) that depends on paths and contents only: uid and gid 0, no names,
 * modes 755 and 644, one fixed time. `entries` come from `arrange`. Throws TypeError when a content isn't as long as said.
 */
export async function* writeTar(entries: readonly TarEntry[], scratch?: Scratch): AsyncGenerator<Buffer> {
  for (const entry of entries) {
    yield headerOf(entry);
    let size = 0;
    for await (const chunk of entry.content?.(scratch) ?? []) {
      size += chunk.length;
      yield chunk;
    }
    if (size !== entry.size) throw new TypeError(`${entry.path} has ${size} bytes instead of ${entry.size}.`);
    if (size % block !== 0) yield Buffer.alloc(block - (size % block));
  }
  yield Buffer.alloc(2 * block);
}

function padded(size: number): number {
  return Math.ceil(size / block) * block;
}

function headerOf(entry: TarEntry): Buffer {
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path;
  const split = splitPath(path);
  const records: [string, string][] = [];
  if (split === undefined) records.push(['path', path]);
  if (entry.size > maxOctalSize) records.push(['size', String(entry.size)]);
  const type = entry.kind === 'directory' ? '5' : '0';
  const mode = entry.kind === 'directory' ? 0o755 : 0o644;
  // A name that only readers without pax see; cut between characters.
  const name = split ?? { name: cut(path, 100), prefix: '' };
  const header = ustar({ ...name, type, mode, size: entry.size > maxOctalSize ? 0 : entry.size });
  return records.length === 0 ? header : Buffer.concat([pax(records), header]);
}

function pax(records: readonly (readonly [string, string])[]): Buffer {
  const body = Buffer.concat(records.map(([key, value]) => paxRecord(key, value)));
  const header = ustar({ name: 'PaxHeaders/entry', prefix: '', type: 'x', mode: 0o644, size: body.length });
  return Buffer.concat([header, body, Buffer.alloc(padded(body.length) - body.length)]);
}

/** `<length> <key>=<value>\n`, where the length counts itself. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  length = rest + String(length).length;
  return Buffer.from(`${length} ${key}=${value}\n`);
}

/** ustar's two fields, when the path is ASCII and fits: at most 155 bytes, a slash, at most 100 bytes. */
function splitPath(path: string): { name: string; prefix: string } | undefined {
  if (!/^[\x20-\x7e]+$/.test(path)) return undefined;
  if (path.length <= 100) return { name: path, prefix: '' };
  const slash = path.indexOf('/', path.length - 101);
  if (slash <= 0 || slash > 155 || slash === path.length - 1) return undefined;
  return { name: path.slice(slash + 1), prefix: path.slice(0, slash) };
}

function cut(text: string, bytes: number): string {
  let result = '';
  let length = 0;
  for (const character of text) {
    length += Buffer.byteLength(character);
    if (length > bytes) break;
    result += character;
  }
  return result;
}

interface HeaderFields {
  readonly name: string;
  readonly prefix: string;
  readonly type: string;
  readonly mode: number;
  readonly size: number;
}

function ustar({ name, prefix, type, mode, size }: HeaderFields): Buffer {
  const header = Buffer.alloc(block);
  header.write(name, 0, 100, 'utf8');
  header.write(octal(mode, 8), 100, 'latin1');
  header.write(octal(0, 8), 108, 'latin1');
  header.write(octal(0, 8), 116, 'latin1');
  header.write(octal(size, 12), 124, 'latin1');
  header.write(octal(mtime, 12), 136, 'latin1');
  header.fill(' ', 148, 156);
  header.write(type, 156, 'latin1');
  header.write('ustar\x0000', 257, 'latin1');
  header.write(octal(0, 8), 329, 'latin1');
  header.write(octal(0, 8), 337, 'latin1');
  header.write(prefix, 345, 155, 'latin1');
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return header;
}

function octal(value: number, width: number): string {
  return `${value.toString(8).padStart(width - 1, '0')}\0`;
}
