import { didYouMean } from '../../nearest.ts';
import type { Problem } from '../../problem.ts';
import type { KindName, Loaded, TenantState } from '../../state.ts';
import { problemAt } from '../rule.ts';

/** `environment_unknown` for each name of a scope that is neither an environment of the tenant nor `*`. */
export function* checkScope(tenant: TenantState, holder: Loaded<KindName>, scope: readonly string[], pointer: string): Iterable<Problem> {
  for (const [place, environment] of scope.entries()) {
    if (environment === '*' || tenant.environments.has(environment)) continue;
    yield problemAt(holder, `${pointer}/${place}`, 'environment_unknown', `There is no environment \`${environment}\`.${didYouMean(environment, tenant.environments.keys())} Name one that exists, or "*".`);
  }
}
