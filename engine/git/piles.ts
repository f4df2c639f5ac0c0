import type { ObjectDraft, ObjectStore } from './object-store.ts';

/** Packs of about this size: what a change of all tenants makes would else be held in memory whole. */
const pileBytes = 4 * 1024 * 1024;

/** What becomes of objects that pile up in a draft; called between the parts of long work. */
export type Relieve = (draft: ObjectDraft) => Promise<void>;

/** Writes them, durably and long before anything refers to them: what is dropped after all is collected one day. */
export function writingPiles(store: Pick<ObjectStore, 'write'>, limit = pileBytes): Relieve {
  return async (draft) => {
    if (draft.unwrittenBytes < limit) return;
    await store.write(draft.unwritten());
    draft.settle();
  };
}

/** Forgets them: for a judgement of which nothing is read again, and nothing is written. */
export function droppingPiles(limit = pileBytes): Relieve {
  return (draft) => {
    if (draft.bytes >= limit) draft.clear();
    return Promise.resolve();
  };
}
