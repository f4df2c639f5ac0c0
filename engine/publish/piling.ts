import type { ObjectDraft, ObjectStore } from '../git/index.ts';

/** Packs of about this size: a change of all tenants would else be held in memory whole. */
const pileBytes = 12 * 1024 * 1024;

/** Writes what has piled up in a draft, when that is much. */
export function piling(draft: ObjectDraft, store: ObjectStore): () => Promise<void> {
  return async () => {
    if (draft.bytes < pileBytes) return;
    await store.write(draft.objects());
    draft.clear();
  };
}
