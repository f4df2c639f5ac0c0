import { tenantDirectory, tenantOfPath } from '../../schemas/index.ts';
import { entryAt, isTree, treeDifference } from '../git/index.ts';
import type { ObjectReader, TreeEntry } from '../git/index.ts';

export interface RootChange {
  /** Tenant → its tree afterwards; `undefined`: gone. */
  readonly tenants: ReadonlyMap<string, string | undefined>;
  /** Whether a file of the platform differs. */
  readonly platform: boolean;
}

function treeOf(entry: TreeEntry | undefined): string | undefined {
  return entry !== undefined && isTree(entry) ? entry.oid : undefined;
}

/** What an edit of these files (their paths) comes to, in the root tree that has it. The large trees above the tenants are not compared. */
export async function rootChangeOf(objects: ObjectReader, root: string, paths: readonly string[]): Promise<RootChange> {
  const ids = new Set(paths.flatMap((path) => tenantOfPath(path) ?? []));
  const tenants = new Map<string, string | undefined>();
  for (const id of [...ids].sort()) tenants.set(id, treeOf(await entryAt(objects, root, tenantDirectory(id))));
  return { tenants, platform: paths.some((path) => !path.startsWith('tenants/')) };
}

/** Which tenants differ between two root trees, in id order. Reads the few trees above them, not theirs. */
export async function changedTenants(objects: ObjectReader, before: string, after: string): Promise<RootChange> {
  const tenants = new Map<string, string | undefined>();
  let platform = false;
  for (const { path, before: old, after: current } of await treeDifference(objects, before, after, { depth: 3 })) {
    const id = path.split('/').length === 3 ? tenantOfPath(path) : undefined;
    if (id !== undefined && (treeOf(old) ?? treeOf(current)) !== undefined) tenants.set(id, treeOf(current));
    else if (!path.startsWith('tenants/')) platform = true;
  }
  return { tenants: new Map([...tenants].sort(([a], [b]) => (a < b ? -1 : 1))), platform };
}
