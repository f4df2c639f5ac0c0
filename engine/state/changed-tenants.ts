import { problemsOfOther, tenantDirectory, tenantOfPath, unknownFile } from '../../schemas/index.ts';
import type { Problem } from '../../schemas/index.ts';
import { entryAt, isTree, treeDifference } from '../git/index.ts';
import type { ObjectReader, TreeEntry } from '../git/index.ts';
import { fileMode } from './read-files.ts';

export interface RootChange {
  /** Tenant → its tree afterwards; `undefined`: gone. */
  readonly tenants: ReadonlyMap<string, string | undefined>;
  /** Whether a file of the platform differs. */
  readonly platform: boolean;
  /** Of what came or was changed among the tenants' folders and is in none of them: nothing reads it. */
  readonly strays: readonly Problem[];
}

function treeOf(entry: TreeEntry | undefined): string | undefined {
  return entry !== undefined && isTree(entry) ? entry.oid : undefined;
}

/** What an edit of these files (their paths) comes to, in the root tree that has it. The large trees above the tenants are not compared. */
export async function rootChangeOf(objects: ObjectReader, root: string, paths: readonly string[]): Promise<RootChange> {
  const ids = new Set(paths.flatMap((path) => tenantOfPath(path) ?? []));
  const tenants = new Map<string, string | undefined>();
  for (const id of [...ids].sort()) tenants.set(id, treeOf(await entryAt(objects, root, tenantDirectory(id))));
  const strays: Problem[] = [];
  for (const path of paths.filter(isStray)) strays.push(...problemsOfStray(path, await entryAt(objects, root, path)));
  return { tenants, platform: paths.some((path) => !path.startsWith('tenants/')), strays };
}

function isStray(path: string): boolean {
  return path.startsWith('tenants/') && (tenantOfPath(path) === undefined || path.split('/').length === 3);
}

/** A README may stand anywhere. */
function problemsOfStray(path: string, entry: TreeEntry | undefined): readonly Problem[] {
  if (entry === undefined) return [];
  return isTree(entry) ? [unknownFile(path)] : problemsOfOther({ path, mode: fileMode(entry), oid: entry.oid, size: 0, bytes: new Uint8Array() });
}

/** Which tenants differ between two root trees, in id order. Reads the few trees above them, not theirs. */
export async function changedTenants(objects: ObjectReader, before: string, after: string): Promise<RootChange> {
  const tenants = new Map<string, string | undefined>();
  const strays: Problem[] = [];
  let platform = false;
  for (const { path, before: old, after: current } of await treeDifference(objects, before, after, { depth: 3 })) {
    const id = path.split('/').length === 3 ? tenantOfPath(path) : undefined;
    if (id !== undefined && (treeOf(old) ?? treeOf(current)) !== undefined) tenants.set(id, treeOf(current));
    if (!path.startsWith('tenants/')) platform = true;
    else if (id === undefined || !isTree(current)) strays.push(...problemsOfStray(path, current));
  }
  return { tenants: new Map([...tenants].sort(([a], [b]) => (a < b ? -1 : 1))), platform, strays };
}
