import { dropConsequences } from './drop-consequences.ts';
import { effectiveLimits } from './limits.ts';
import { notEnforcedOfPlatform, notEnforcedYet } from './not-enforced.ts';
import { compareProblems, type Problem } from './problem.ts';
import { platformRules } from './rules/platform/index.ts';
import { stateRules } from './rules/state/index.ts';
import { transitionRules } from './rules/transition/index.ts';
import { changesBetween } from './rules/transition/changes.ts';
import type { Transition } from './rules/rule.ts';
import type { PlatformState, TenantState } from './state.ts';

/** Problems of the platform's files: what loading found and the platform rules, in file order. */
export function validatePlatform(platform: PlatformState): Problem[] {
  return [...platform.problems, ...platformRules.values().flatMap((rule) => rule.check(platform)), ...notEnforcedOfPlatform(platform)].sort(compareProblems);
}

/**
 * Problems and notices of one tenant: what loading found, the state rules, and what isn't enforced yet, in file order. What
 * concerns several tenants is in `claimsOf` and `conflictingClaims`.
 */
export function validateTenant(platform: PlatformState, tenant: TenantState): Problem[] {
  const state = { platform, tenant, limits: effectiveLimits(platform, tenant) };
  const found = stateRules.values().flatMap((rule) => rule.check(state)).toArray();
  return [...tenant.problems, ...dropConsequences(found, platform, tenant), ...notEnforcedYet(tenant)].sort(compareProblems);
}

/** Problems of a change of one tenant. It looks at the two sides only; that the after side is valid is `validateTenant`'s matter. */
export function checkTransition(transition: Transition): Problem[] {
  const changes = changesBetween(transition.tenant.before, transition.tenant.after);
  const whole = { ...transition, changes };
  return transitionRules.values().flatMap((rule) => rule.check(whole)).toArray().sort(compareProblems);
}
