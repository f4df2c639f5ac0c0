import { EMPTY_TREE } from './object-id.ts';
import type { ObjectDraft, ObjectReader } from './object-store.ts';
import type { Relieve } from './piles.ts';
import { isTree, parseTree } from './tree.ts';

export interface TreeCopy {
  readonly objects: ObjectReader;
  readonly draft: ObjectDraft;
  /** Called after each folder. */
  readonly relieve: Relieve;
}

/** Adds the objects of a tree to a draft, but for those that stand at the same path of the tree before. */
export async function copyTree(copy: TreeCopy, before: string | undefined, after: string): Promise<void> {
  if (before === after) return;
  const { objects, draft, relieve } = copy;
  const raw = await objects.tree(after);
  draft.add('tree', raw);
  const known = new Map(parseTree(await objects.tree(before ?? EMPTY_TREE)).map((entry) => [entry.name, entry]));
  for (const entry of parseTree(raw)) {
    const old = known.get(entry.name);
    if (old?.oid === entry.oid) continue;
    if (isTree(entry)) await copyTree(copy, isTree(old) ? old?.oid : undefined, entry.oid);
    else if (entry.mode !== '160000') draft.add('blob', (await objects.blob(entry.oid)).content ?? Buffer.alloc(0));
  }
  await relieve(draft);
}
