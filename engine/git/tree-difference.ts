import { pauses } from '../pauses.ts';
import { GitError } from './git-error.ts';
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

/** Several times what ten thousand tenants have. A few small trees that name each other stand for any number of paths. */
const mostEntries = 1_000_000;
const mostFolders = 250_000;

/** What more may differ, in all of the walk. */
interface Allowance {
  entries: number;
  folders: number;
  readonly pause: () => Promise<void>;
}

interface DifferenceOptions {
  readonly depth?: number;
  readonly prefix?: string;
}

/**
 * What differs between two trees, in path order. Folders are entered only where their ids differ and only down to `depth`
 * levels (default: all); below that a folder is reported whole. Throws `too_large` when it is more than
 * a million entries, or a quarter of a million folders.
 */
export async function treeDifference(objects: ObjectReader, before: string, after: string, options: DifferenceOptions = {}): Promise<EntryChange[]> {
  return difference(objects, { before, after, depth: options.depth ?? Number.POSITIVE_INFINITY, prefix: options.prefix ?? '' }, { entries: mostEntries, folders: mostFolders, pause: pauses() });
}

interface Compared {
  readonly before: string;
  readonly after: string;
  readonly depth: number;
  readonly prefix: string;
}

async function difference(objects: ObjectReader, { before, after, depth, prefix }: Compared, allowance: Allowance): Promise<EntryChange[]> {
  if (before === after) return [];
  const [old, current] = await Promise.all([entriesOf(objects, before), entriesOf(objects, after)]);
  const names = [...new Set([...old.keys(), ...current.keys()])].filter((name) => !same(old.get(name), current.get(name))).sort();
  allowance.entries -= names.length;
  allowance.folders -= 1;
  if (allowance.entries < 0 || allowance.folders < 0) throw new GitError('too_large', `More than ${mostEntries} files and folders differ, or ${mostFolders} folders. Change them in steps.`);
  await allowance.pause();
  const changes = await Promise.all(names.map((name) => entryDifference(objects, { path: `${prefix}${name}`, before: plain(old.get(name)), after: plain(current.get(name)) }, { depth, allowance })));
  return changes.flat();
}

async function entryDifference(objects: ObjectReader, change: EntryChange, { depth, allowance }: { readonly depth: number; readonly allowance: Allowance }): Promise<EntryChange[]> {
  const { path, before, after } = change;
  if (depth <= 1 || (!isTree(before) && !isTree(after))) return [change];
  const trees = { before: isTree(before) && before ? before.oid : EMPTY_TREE, after: isTree(after) && after ? after.oid : EMPTY_TREE };
  const inside = await difference(objects, { ...trees, depth: depth - 1, prefix: `${path}/` }, allowance);
  const fileBefore = isTree(before) ? undefined : before;
  const fileAfter = isTree(after) ? undefined : after;
  return fileBefore === undefined && fileAfter === undefined ? inside : [{ path, before: fileBefore, after: fileAfter }, ...inside];
}
