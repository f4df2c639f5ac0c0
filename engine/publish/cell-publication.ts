import { cellReference } from '../commit/branches.ts';
import { commitsBetween, copyCommits, copyObject, copyTree, createRepository, encodeCommit, ObjectDraft, ObjectStore, readReference, setHead, setReference, writingPiles } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { replaceFolder } from './replace-folder.ts';

export interface CellSource {
  /** The state repository and its objects. */
  readonly directory: string;
  readonly objects: ObjectReader;
  readonly cell: string;
  /** Where `cells/<cell>` is. */
  readonly commit: string;
}

/**
 * Brings a cell's publication to where its branch is: `cells/<cell>` with its history, and nothing else. One whose branch no
 * longer stands in that history is made anew, because whatever a repository holds can be read by whoever knows its id.
 */
export async function bringCell(source: CellSource, target: string): Promise<void> {
  const { directory, cell, commit } = source;
  const name = cellReference(cell);
  const at = await readReference(target, name);
  if (at === commit) return;
  if (at !== undefined && (await copyNew(source, target, at))) {
    await setReference(target, name, commit);
    return;
  }
  await replaceFolder(target, async (folder) => {
    await createRepository(folder);
    await copyCommits(directory, folder, commit);
    await setReference(folder, name, commit);
    await setHead(folder, name);
  });
}

/**
 * Copies the commits since `at` with what is new in each; those of the last write are in memory still, and no process is
 * started for them. False when the branch does not go on from there, or holds what is not the platform's.
 */
async function copyNew({ directory, objects, commit }: CellSource, target: string, at: string): Promise<boolean> {
  const between = await commitsBetween({ directory, objects }, at, commit);
  if (between === undefined) return false;
  const store = new ObjectStore(target);
  const draft = new ObjectDraft(objects);
  const copy = { objects, draft, relieve: writingPiles(store), copyLarge: (oid: string) => copyObject(directory, target, oid), copied: new Set<string>() };
  try {
    let { tree } = await objects.commit(at);
    for (const id of between) {
      const next = await objects.commit(id);
      const { signature } = next;
      if (next.parents.length > 1 || draft.add('commit', encodeCommit(next, signature && (() => signature.armor))) !== id) return false;
      await copyTree(copy, tree, next.tree);
      ({ tree } = next);
    }
    await store.write(draft.objects());
    return true;
  } finally {
    store.close();
  }
}
