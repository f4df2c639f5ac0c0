import { EMPTY_TREE } from './object-id.ts';
import type { ObjectDraft, ObjectReader } from './object-store.ts';
import type { Relieve } from './piles.ts';
import { isTree, parseTree } from './tree.ts';
import type { TreeEntry } from './tree.ts';

export interface TreeCopy {
  readonly objects: ObjectReader;
  readonly draft: ObjectDraft;
  /** Called after each object. */
  readonly relieve: Relieve;
  /** Copies a blob that is too large for memory. */
  readonly copyLarge: (oid: string) => Promise<void>;
  /** Ids that were copied already: some trees that name each other stand for any number of paths. */
  readonly copied: Set<string>;
}

/** Larger than any file that the state may have. */
const mostBytes = 2 * 1024 * 1024;

/** Adds the objects of a tree to a draft, but for those that stand at the same path of the tree before. */
export async function copyTree(copy: TreeCopy, before: string | undefined, after: string): Promise<void> {
  if (before === after || copy.copied.has(after)) return;
  const { objects, draft } = copy;
  const raw = await objects.tree(after);
  draft.add('tree', raw);
  copy.copied.add(after);
  const known = new Map(parseTree(await objects.tree(before ?? EMPTY_TREE)).map((entry) => [entry.name, entry]));
  for (const entry of parseTree(raw)) {
    const old = known.get(entry.name);
    if (old?.oid === entry.oid) continue;
    if (isTree(entry)) await copyTree(copy, isTree(old) ? old?.oid : undefined, entry.oid);
    else if (entry.mode !== '160000') await copyBlob(copy, entry);
  }
}

async function copyBlob({ objects, draft, relieve, copyLarge, copied }: TreeCopy, { oid }: TreeEntry): Promise<void> {
  if (copied.has(oid)) return;
  const { content } = await objects.blob(oid, mostBytes);
  if (content === undefined) await copyLarge(oid);
  else draft.add('blob', content);
  copied.add(oid);
  await relieve(draft);
}
