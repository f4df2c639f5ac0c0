import { renderTenant } from '../../synth/index.ts';
import { ObjectDraft, writingPiles } from '../git/index.ts';
import { CellTrees } from '../state/cell-trees.ts';
import type { StateView } from '../state/state-view.ts';
import { commitCells } from './cell-commits.ts';
import type { FollowContext } from './follow.ts';

/** Renders everything in force again, after synth has changed: one commit a cell, from the same commit of `main`. */
export async function renderAgain(context: FollowContext, view: StateView): Promise<void> {
  const objects = new ObjectDraft(context.repository.objects);
  const relieve = writingPiles(context.repository.objects);
  const cells = new CellTrees(view, objects, { record: false });
  const platform = view.platform.state;
  for (const cell of platform.cells.keys()) await cells.setBase(platform, cell);
  for (const [id, tree] of view.tenants.toMap()) {
    await cells.setTenant(id, renderTenant(platform, await context.loader.load(id, tree)));
    await relieve(objects);
  }
  await cells.apply();
  commitCells(view, objects, await context.repository.objects.commit(view.commit), context.key);
  await context.repository.objects.write(objects.objects());
}
