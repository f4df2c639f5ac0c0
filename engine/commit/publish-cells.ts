import { SYNTH_VERSION } from '../../synth/index.ts';
import { ObjectDraft, relationOf } from '../git/index.ts';
import type { ReferenceUpdate, Repository, StateKey } from '../git/index.ts';
import type { StateView } from '../state/state-view.ts';
import { cellReference, mainReference } from './branches.ts';
import { commitCells } from './cell-commits.ts';
import { readOwnCellCommit } from './read-cell-commit.ts';
import type { CellCommit } from './read-cell-commit.ts';

export interface PublishContext {
  readonly repository: Repository;
  readonly key: StateKey;
  /** Public keys of the platform, 32 bytes each. */
  readonly signers: readonly Buffer[];
  /** Cells as their refs are, as far as is known. */
  readonly published: Map<string, string>;
  readonly now: () => Date;
}

/** Others move the same branches meanwhile; what is still behind then is moved with the next look. */
const attempts = 4;

/**
 * Moves the branches of the cells to where the view has them. A branch only goes forward: one that another process has moved
 * further is left, one that it derived another way (both started from nothing, or with different synths) is built upon. Only
 * what is not the platform's gives way: it is derived, and what we derived is right.
 */
export async function publishCells(context: PublishContext, view: StateView): Promise<void> {
  const { repository, published, now } = context;
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    const updates: ReferenceUpdate[] = [];
    for (const cell of view.cells.keys()) updates.push(...(await updateOf(context, view, cell)));
    if (updates.length === 0) return;
    const moved = await repository.publish(updates, now());
    for (const [cell, after] of updates.map((update) => [cellOf(update), update.after] as const)) {
      const current = moved.has(cellReference(cell)) ? after : await repository.reference(cellReference(cell));
      if (current === undefined) published.delete(cell);
      else published.set(cell, current);
    }
    if (moved.size === updates.length) return;
  }
}

function cellOf({ name }: ReferenceUpdate): string {
  return name.slice(cellReference('').length);
}

/** One update, or none when the branch is where it should be. */
async function updateOf(context: PublishContext, view: StateView, cell: string): Promise<ReferenceUpdate[]> {
  const { repository, published } = context;
  const ours = () => view.cells.get(cell)?.commit;
  const [before, after] = [published.get(cell), ours()];
  if (after === undefined || before === after) return [];
  if (before === undefined || (await relationOf(repository, after, before)) === 'descends') return [{ name: cellReference(cell), before, after }];
  const theirs = await readOwnCellCommit(repository.objects, before, context.signers);
  if (theirs !== undefined) {
    if (await isAhead(context, view, theirs)) return [];
    await buildUpon(context, view, cell, theirs);
  }
  const rebuilt = ours();
  return rebuilt === undefined || rebuilt === before ? [] : [{ name: cellReference(cell), before, after: rebuilt }];
}

/** Whether another process has rendered more of `main` than we have looked at, or renders with a newer synth. */
async function isAhead({ repository }: PublishContext, view: StateView, theirs: CellCommit): Promise<boolean> {
  if (Number(theirs.synthVersion) > Number(SYNTH_VERSION)) return true;
  const main = await repository.reference(mainReference);
  if (main === undefined || main === view.commit || theirs.source === view.commit) return false;
  return (await relationOf(repository, theirs.source, view.commit)) === 'descends' && (await relationOf(repository, main, theirs.source)) === 'descends';
}

async function buildUpon({ repository, key }: PublishContext, view: StateView, cell: string, theirs: CellCommit): Promise<void> {
  const { id: commit, tree: committedTree } = theirs.commit;
  view.cells.set(cell, { commit, committedTree, tree: view.cells.get(cell)?.tree ?? committedTree, quarantined: theirs.quarantined });
  const objects = new ObjectDraft(repository.objects);
  commitCells(view, objects, await repository.objects.commit(view.commit), key);
  await repository.objects.write(objects.objects());
}
