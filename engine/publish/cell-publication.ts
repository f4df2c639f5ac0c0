import { cellReference } from '../commit/branches.ts';
import { copyCommits, createRepository, isAncestor, readReference, setHead, setReference } from '../git/index.ts';
import { replaceFolder } from './replace-folder.ts';

export interface CellSource {
  /** The state repository. */
  readonly directory: string;
  readonly cell: string;
  /** Where `cells/<cell>` is. */
  readonly commit: string;
}

/**
 * Brings a cell's publication to where its branch is: `cells/<cell>` with its history, and nothing else. One whose branch no
 * longer stands in that history is made anew, because whatever a repository holds can be read by whoever knows its id.
 */
export async function bringCell({ directory, cell, commit }: CellSource, target: string): Promise<void> {
  const name = cellReference(cell);
  const at = await readReference(target, name);
  if (at === commit) return;
  if (at !== undefined && (await isAncestor(directory, at, commit))) {
    await copyCommits(directory, target, { tip: commit, without: at });
    await setReference(target, name, commit);
    return;
  }
  await replaceFolder(target, async (folder) => {
    await createRepository(folder);
    await copyCommits(directory, folder, { tip: commit, without: undefined });
    await setReference(folder, name, commit);
    await setHead(folder, name);
  });
}
