import { exceeds } from '../../limits.ts';
import type { Problem } from '../../problem.ts';
import type { KindName, Loaded } from '../../state.ts';
import type { Limit } from '../../types.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** No more teams and vaults than tier and licence allow. */
export const countsWithinTier: StateRule = {
  codes: ['teams_over_limit', 'vaults_over_limit'],
  * check({ tenant, limits }) {
    if (limits === undefined) return;
    yield* beyond(tenant.teams.values(), limits.teams, 'teams_over_limit', 'teams');
    yield* beyond(tenant.vaults.values(), limits.vaults, 'vaults_over_limit', 'vault connections');
  },
};

function* beyond(objects: Iterable<Loaded<KindName>>, limit: Limit, code: string, what: string): Iterable<Problem> {
  let count = 0;
  for (const loaded of objects) {
    count += 1;
    if (exceeds(count, limit)) yield problemAt(loaded, '', code, `This is number ${count} of the ${what}, and ${limit} are allowed by tier and licence. Remove one, or choose a higher tier.`);
  }
}
