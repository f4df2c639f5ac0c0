import { GitError } from './git-error.ts';
import { ZERO_ID } from './object-id.ts';

/** `mode` as Git writes it: 40000 tree, 100644 file, 100755 executable, 120000 symlink, 160000 submodule. */
export interface TreeEntry {
  readonly mode: string;
  readonly oid: string;
}
export interface NamedEntry extends TreeEntry {
  readonly name: string;
}

export const TREE_MODE = '40000';
export const FILE_MODE = '100644';

export function isTree(entry: TreeEntry | undefined): boolean {
  return entry?.mode === TREE_MODE;
}

/** Entries of a raw tree object in its own order. Throws `object_corrupt`. */
export function parseTree(raw: Uint8Array): NamedEntry[] {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const entries: NamedEntry[] = [];
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at);
    const end = buffer.indexOf(0, space);
    if (space < 0 || end < 0 || end + 21 > buffer.length) throw new GitError('object_corrupt', 'A tree object is cut short. Run git fsck.');
    entries.push({ mode: buffer.toString('latin1', at, space), name: buffer.toString('utf8', space + 1, end), oid: buffer.toString('hex', end + 1, end + 21) });
    at = end + 21;
  }
  return entries;
}

const space = 0x20;
const slash = 0x2f;
const folderDigit = 0x34;
const idBytes = 20;

/** One entry of a raw tree, by offsets. Loops over bytes are our own: a call into Node for each entry costs more than they do. */
class Cursor {
  readonly raw: Uint8Array;
  /** Where the entry, its name, its id and the next entry begin; `name` and `zero` are the name's ends. */
  at = 0;
  name = 0;
  zero = 0;
  next = 0;

  constructor(raw: Uint8Array) {
    this.raw = raw;
  }

  /** False at the end of the tree. Throws `object_corrupt`. */
  read(at: number): boolean {
    const { raw } = this;
    if (at >= raw.length) return false;
    let name = at;
    while (name < raw.length && raw[name] !== space) name += 1;
    name += 1;
    let zero = name;
    while (zero < raw.length && raw[zero] !== 0) zero += 1;
    if (zero + idBytes >= raw.length) throw new GitError('object_corrupt', 'A tree object is cut short. Run git fsck.');
    this.at = at;
    this.name = name;
    this.zero = zero;
    this.next = zero + 1 + idBytes;
    return true;
  }

  /** The byte of the entry's key at an index: Git's order is that of names, where a folder's ends with a slash. */
  key(index: number): number {
    const at = this.name + index;
    if (at < this.zero) return this.raw[at] ?? -1;
    return at === this.zero && this.raw[this.at] === folderDigit ? slash : -1;
  }

  entry(): TreeEntry {
    const buffer = Buffer.from(this.raw.buffer, this.raw.byteOffset, this.raw.byteLength);
    return { mode: buffer.toString('latin1', this.at, this.name - 1), oid: buffer.toString('hex', this.zero + 1, this.next) };
  }
}

function compareKeys(a: Cursor, b: Cursor): number {
  for (let index = 0; ; index += 1) {
    const byte = a.key(index);
    const difference = byte - b.key(index);
    if (difference !== 0 || byte < 0) return difference;
  }
}

/** One entry, found without parsing the others. Throws `object_corrupt`. */
export function findEntry(raw: Uint8Array, name: string): TreeEntry | undefined {
  const wanted = Buffer.from(name);
  const cursor = new Cursor(raw);
  while (cursor.read(cursor.next)) {
    if (cursor.zero - cursor.name !== wanted.length) continue;
    let same = 0;
    while (same < wanted.length && raw[cursor.name + same] === wanted[same]) same += 1;
    if (same === wanted.length) return cursor.entry();
  }
  return undefined;
}

function encodeEntry(entry: NamedEntry): Buffer {
  const head = Buffer.from(`${entry.mode} ${entry.name}\0`);
  return Buffer.concat([head, Buffer.from(entry.oid, 'hex')]);
}

/** Git's order: bytes of the name, where a folder's name ends with a slash. */
function orderKey(entry: NamedEntry): Buffer {
  return Buffer.from(entry.mode === TREE_MODE ? `${entry.name}/` : entry.name);
}

export function encodeTree(entries: readonly NamedEntry[]): Buffer {
  const sorted = entries.map((entry) => ({ entry, key: orderKey(entry) })).sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(sorted.map(({ entry }) => encodeEntry(entry)));
}

type Edits = ReadonlyMap<string, TreeEntry | null>;

/** A place of an edited name in Git's order, and what stands there afterwards. A name has two: as a file's and as a folder's. */
interface Mark {
  readonly key: Cursor;
  readonly bytes: Buffer | undefined;
}

function marksOf(edits: Edits): Mark[] {
  const marks = [...edits].flatMap(([name, entry]) => [FILE_MODE, TREE_MODE].map((mode): Mark => {
    const there = entry !== null && isTree(entry) === (mode === TREE_MODE);
    const bytes = encodeEntry({ name, ...(there ? entry : { mode, oid: ZERO_ID }) });
    const key = new Cursor(bytes);
    key.read(0);
    return { key, bytes: there ? bytes : undefined };
  }));
  return marks.sort((a, b) => compareKeys(a.key, b.key));
}

/**
 * The raw tree with some names replaced, added or (`null`) removed. What lies between is copied as bytes, not parsed into
 * objects: a folder of a thousand entries costs what its bytes cost. Throws `object_corrupt`.
 */
export function spliceEntries(raw: Uint8Array, edits: Edits): Buffer {
  const marks = marksOf(edits);
  const parts: Uint8Array[] = [];
  let next = 0;
  let copied = 0;
  const put = ({ bytes }: Mark, until: number, from: number) => {
    parts.push(raw.subarray(copied, until));
    copied = from;
    next += 1;
    if (bytes !== undefined) parts.push(bytes);
  };
  let [entry, previous] = [new Cursor(raw), new Cursor(raw)];
  while (entry.read(previous.next)) {
    if (previous.next > 0 && compareKeys(previous, entry) >= 0) return spliceParsed(raw, edits);
    for (let mark = marks[next]; mark !== undefined; mark = marks[next]) {
      const order = compareKeys(mark.key, entry);
      if (order > 0) break;
      put(mark, entry.at, order === 0 ? entry.next : entry.at);
    }
    [entry, previous] = [previous, entry];
  }
  for (const mark of marks.slice(next)) put(mark, raw.length, raw.length);
  return Buffer.concat([...parts, raw.subarray(copied)]);
}

/** The same for a tree that is not in Git's order, which others can make. */
function spliceParsed(raw: Uint8Array, edits: Edits): Buffer {
  const added = [...edits].flatMap(([name, entry]) => (entry === null ? [] : [{ name, ...entry }]));
  return encodeTree([...parseTree(raw).filter(({ name }) => !edits.has(name)), ...added]);
}
