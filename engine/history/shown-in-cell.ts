import { renderedUpTo } from './past.ts';
import type { CellContext, RenderedThen } from './past.ts';

/** So many commits are walked over; what is further away is looked for. */
const near = 64;

/**
 * The commits of a cell that show the commits of `main` at some positions (newest first), and for each position the newest one
 * from before it, which says what was quarantined then. `head`: the cell's.
 */
export async function shownInCell(context: CellContext, head: string, positions: readonly number[]): Promise<readonly RenderedThen[]> {
  const found: RenderedThen[] = [];
  let walk = renderedUpTo(context, head, positions[0] ?? -1);
  for (const position of positions) {
    for (let steps = 0; (found.at(-1)?.position ?? Number.POSITIVE_INFINITY) >= position; steps += 1) {
      const { value } = await walk.next();
      if (value === undefined) return found;
      if (value.position <= position) found.push(value);
      else if (steps >= near) walk = renderedUpTo(context, value.commit, position);
    }
  }
  return found;
}
