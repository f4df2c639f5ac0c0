import { EMPTY_TREE } from './object-id.ts';
import type { ObjectReader } from './object-store.ts';
import { isTree, parseTree } from './tree.ts';
import type { NamedEntry, TreeEntry } from './tree.ts';

export interface EntryChange {
  readonly path: string;
  readonly before: TreeEntry | undefined;
  readonly after: TreeEntry | undefined;
}

async function entriesOf(objects: ObjectReader, oid: string): Promise<Map<string, NamedEntry>> {
  return new Map(parseTree(await objects.tree(oid)).map((entry) => [entry.name, entry]));
}

function same(a: TreeEntry | undefined, b: TreeEntry | undefined): boolean {
  return a?.oid === b?.oid && a?.mode === b?.mode;
}

function plain(entry: TreeEntry | undefined): TreeEntry | undefined {
  return entry === undefined ? undefined : { mode: entry.mode, oid: entry.oid };
}

/**
 * What differs between two trees, in path order. Folders are entered only where their ids differ and only down to `depth`
 * levels (default: all); below that a folder is reported whole.
 */
export async function treeDifference(objects: ObjectReader, before: string, after: string, options: { depth?: number; prefix?: string } = {}): Promise<EntryChange[]> {
  if (before === after) return [];
  const { depth = Number.POSITIVE_INFINITY, prefix = '' } = options;
  const [old, current] = await Promise.all([entriesOf(objects, before), entriesOf(objects, after)]);
  const names = [...new Set([...old.keys(), ...current.keys()])].filter((name) => !same(old.get(name), current.get(name))).sort();
  const changes = await Promise.all(names.map((name) => entryDifference(objects, { path: `${prefix}${name}`, before: plain(old.get(name)), after: plain(current.get(name)) }, depth)));
  return changes.flat();
}

async function entryDifference(objects: ObjectReader, change: EntryChange, depth: number): Promise<EntryChange[]> {
  const { path, before, after } = change;
  if (depth <= 1 || (!isTree(before) && !isTree(after))) return [change];
  const inside = await treeDifference(objects, isTree(before) && before ? before.oid : EMPTY_TREE, isTree(after) && after ? after.oid : EMPTY_TREE, { depth: depth - 1, prefix: `${path}/` });
  const fileBefore = isTree(before) ? undefined : before;
  const fileAfter = isTree(after) ? undefined : after;
  return fileBefore === undefined && fileAfter === undefined ? inside : [{ path, before: fileBefore, after: fileAfter }, ...inside];
}
