import { tenantOfPath } from '../../schemas/index.ts';
import type { FileChange } from '../change.ts';
import { EMPTY_TREE, isTree, treeDifference } from '../git/index.ts';
import type { EntryChange, ObjectReader, TreeEntry } from '../git/index.ts';
import { tenantTrees } from '../state/cold-view.ts';
import { fileChanges, fileTexts } from './file-changes.ts';

/** A tenant to compare, by its trees. */
export interface TenantPair {
  readonly tenant: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

export interface ChangedParts {
  /** Whether a file of the platform differs, so that all tenants are concerned. */
  readonly platform: boolean;
  /** Files that belong to no tenant. */
  readonly files: readonly FileChange[];
  /** In order of ids. */
  readonly tenants: readonly TenantPair[];
}

/** What a plan between two root trees has to look at. Reads the trees above the tenants, not theirs. */
export async function changedParts(objects: ObjectReader, before: string, after: string): Promise<ChangedParts> {
  const differences = await treeDifference(objects, before, after, { depth: 3 });
  const changed = differences.flatMap((difference) => pairOf(difference) ?? []);
  const outside = differences.filter((difference) => pairOf(difference) === undefined);
  const platform = outside.some(({ path }) => !path.startsWith('tenants/'));
  const files = (await Promise.all(outside.map((difference) => filesOf(objects, difference)))).flat();
  const tenants = platform ? await allPairs(objects, before, after) : changed;
  return { platform, files, tenants: tenants.toSorted((a, b) => (a.tenant < b.tenant ? -1 : 1)) };
}

function treeOf(entry: TreeEntry | undefined): string | undefined {
  return entry !== undefined && isTree(entry) ? entry.oid : undefined;
}

function pairOf({ path, before, after }: EntryChange): TenantPair | undefined {
  const tenant = path.split('/').length === 3 ? tenantOfPath(path) : undefined;
  const [old, current] = [treeOf(before), treeOf(after)];
  return tenant === undefined || (old ?? current) === undefined ? undefined : { tenant, before: old, after: current };
}

async function filesOf(objects: ObjectReader, difference: EntryChange): Promise<FileChange[]> {
  const { path, before, after } = difference;
  const [old, current] = [treeOf(before), treeOf(after)];
  const inside = (old ?? current) === undefined ? [] : await fileChanges(objects, old ?? EMPTY_TREE, current ?? EMPTY_TREE, `${path}/`);
  const [fileBefore, fileAfter] = [old === undefined ? before : undefined, current === undefined ? after : undefined];
  return (fileBefore ?? fileAfter) === undefined ? inside : [await fileTexts(objects, { path, before: fileBefore, after: fileAfter }), ...inside];
}

async function allPairs(objects: ObjectReader, before: string, after: string): Promise<TenantPair[]> {
  const [old, current] = [await tenantTrees(objects, before), await tenantTrees(objects, after)];
  return [...new Set([...old.keys(), ...current.keys()])].map((tenant) => ({ tenant, before: old.get(tenant), after: current.get(tenant) }));
}
