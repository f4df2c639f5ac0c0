import { EMPTY_TREE } from './object-id.ts';
import type { ObjectDraft, ObjectReader } from './object-store.ts';
import { isTree, parseTree } from './tree.ts';

/** Adds the objects of a tree to a draft, but for those that stand at the same path of the tree before. */
export async function copyTree(objects: ObjectReader, draft: ObjectDraft, { before, after }: { readonly before: string | undefined; readonly after: string }): Promise<void> {
  if (before === after) return;
  const raw = await objects.tree(after);
  draft.add('tree', raw);
  const known = new Map(parseTree(await objects.tree(before ?? EMPTY_TREE)).map((entry) => [entry.name, entry]));
  for (const entry of parseTree(raw)) {
    const old = known.get(entry.name);
    if (old?.oid === entry.oid) continue;
    if (isTree(entry)) await copyTree(objects, draft, { before: isTree(old) ? old?.oid : undefined, after: entry.oid });
    else if (entry.mode !== '160000') draft.add('blob', (await objects.blob(entry.oid)).content ?? Buffer.alloc(0));
  }
}
