import { entryAt, treeDifference } from '../git/index.ts';
import type { WriteResult } from '../intent.ts';
import { planBetween } from '../plan/plan-between.ts';
import type { StateView } from '../state/state-view.ts';
import type { GroupContext } from './prepare-group.ts';
import { withPlan } from './with-plan.ts';

/** The answer to a write whose request led to this commit before: the same commit, base and ids. */
export async function repeatedResult(context: GroupContext, view: StateView, commit: string): Promise<WriteResult> {
  const { objects } = context.repository;
  const { parents, tree } = await objects.commit(commit);
  const base = parents[0];
  if (base === undefined) throw new TypeError('A repeated request can not lead to the first commit.');
  const changed = await treeDifference(objects, (await objects.commit(base)).tree, tree);
  const etags = await Promise.all(changed.map(async ({ path }) => [path, (await entryAt(objects, tree, path))?.oid ?? null] as const));
  const platformAt = (root: string) => (root === view.platform.root ? view.platform.state : undefined);
  const plan = () => planBetween({ objects, loader: context.loader, crew: context.crew, platformAt }, base, commit);
  return withPlan({ commit, base, changed: true, etags: new Map(etags) }, plan, context.onError);
}
