import { GitError } from './git-error.ts';

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

/** One entry, found without parsing the others. */
export function findEntry(raw: Uint8Array, name: string): TreeEntry | undefined {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const needle = Buffer.from(` ${name}\0`);
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at);
    const end = buffer.indexOf(0, space);
    if (space < 0 || end < 0) return undefined;
    if (end + 1 - space === needle.length && buffer.compare(needle, 0, needle.length, space, end + 1) === 0) {
      return { mode: buffer.toString('latin1', at, space), oid: buffer.toString('hex', end + 1, end + 21) };
    }
    at = end + 21;
  }
  return undefined;
}

/** Git's order: bytes of the name, where a folder's name ends with a slash. */
function orderKey(entry: NamedEntry): Buffer {
  return Buffer.from(entry.mode === TREE_MODE ? `${entry.name}/` : entry.name);
}

function encodeEntry(entry: NamedEntry): Buffer {
  const head = Buffer.from(`${entry.mode} ${entry.name}\0`);
  return Buffer.concat([head, Buffer.from(entry.oid, 'hex')]);
}

export function encodeTree(entries: readonly NamedEntry[]): Buffer {
  const sorted = entries.map((entry) => ({ entry, key: orderKey(entry) })).sort((a, b) => Buffer.compare(a.key, b.key));
  return Buffer.concat(sorted.map(({ entry }) => encodeEntry(entry)));
}

/**
 * The raw tree with some names replaced, added or (`null`) removed. What lies between is copied as bytes, not parsed into
 * objects: a folder of a thousand entries costs what its bytes cost.
 */
export function spliceEntries(raw: Uint8Array, edits: ReadonlyMap<string, TreeEntry | null>): Buffer {
  const buffer = Buffer.from(raw.buffer, raw.byteOffset, raw.byteLength);
  const added = [...edits]
    .flatMap(([name, entry]) => (entry === null ? [] : [{ name, ...entry }]))
    .map((entry) => ({ key: orderKey(entry), bytes: encodeEntry(entry) }))
    .sort((a, b) => Buffer.compare(a.key, b.key));
  const parts: Buffer[] = [];
  let next = 0;
  for (let at = 0; at < buffer.length; ) {
    const space = buffer.indexOf(0x20, at);
    const end = buffer.indexOf(0, space);
    if (space < 0 || end < 0 || end + 21 > buffer.length) throw new GitError('object_corrupt', 'A tree object is cut short. Run git fsck.');
    const name = buffer.toString('utf8', space + 1, end);
    if (!edits.has(name)) {
      const folder = space - at === TREE_MODE.length && buffer[at] === 0x34;
      const key = Buffer.from(folder ? `${name}/` : name);
      for (let add = added[next]; add !== undefined && Buffer.compare(add.key, key) < 0; add = added[next]) {
        parts.push(add.bytes);
        next += 1;
      }
      parts.push(buffer.subarray(at, end + 21));
    }
    at = end + 21;
  }
  return Buffer.concat([...parts, ...added.slice(next).map((add) => add.bytes)]);
}
