import type { TenantState } from '../../state.ts';
import { problemAt, type TransitionRule } from '../rule.ts';
import { isOlder, releaseChanges } from './release-change.ts';

/**
 * A release enters an environment when, before the change, it is deployed in the environment of the next lower order. Two
 * cases need no such step: the lowest environment, and a rollback, that is, a release older than the one that runs there.
 * Both sides of the change decide this alone, without history; the price is that an older release that never ran there
 * counts as a rollback too.
 */
export const promotionOrder: TransitionRule = {
  codes: ['promotion_order'],
  * check({ tenant: { before, after }, changes }) {
    if (before === undefined || after === undefined) return;
    for (const { change, environment, application, from, to } of releaseChanges(changes)) {
      if (to === undefined || change.after === undefined || (from !== undefined && isOlder(to, from))) continue;
      const previous = previousOf(after, environment);
      if (previous === undefined || before.environments.get(previous)?.deployments.get(application)?.object.spec.release === to) continue;
      yield problemAt(change.after, '/spec/release', 'promotion_order', `\`${to}\` of \`${application}\` is not deployed in \`${previous}\`, which comes before \`${environment}\`. Deploy it there first, then promote it.`);
    }
  },
};

/** The environment of the next lower order. */
function previousOf(tenant: TenantState, environment: string): string | undefined {
  const order = tenant.environments.get(environment)?.environment.object.spec.order;
  if (order === undefined) return undefined;
  const lower = [...tenant.environments.values()].filter((each) => each.environment.object.spec.order < order)
    .sort((a, b) => b.environment.object.spec.order - a.environment.object.spec.order);
  return lower[0]?.name;
}
