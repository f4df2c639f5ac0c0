import type { Binding, PlatformState, TenantState } from '../schemas/index.ts';
import { decide, roleOf } from './decide.ts';
import type { Decision, Subject } from './decide.ts';

/**
 * Whether the subject may give someone these bindings. `members.manage` alone would let an Admin make himself Owner, so
 * nobody gives what he doesn't hold: each action of the role, in each environment of the binding.
 */
export function mayGrant(platform: PlatformState, tenant: TenantState, subject: Subject, bindings: readonly Binding[]): Decision {
  for (const binding of bindings) {
    const role = roleOf(platform, tenant, binding.role);
    if (role === undefined) return { allowed: false, because: `There is no role ${binding.role}.` };
    for (const { allow, environments } of role.spec.permissions) {
      const places = placesOf(tenant, binding.environments, environments);
      const refused = allow.flatMap((action) => places.map((environment) => decide(platform, tenant, { subject, action, tenant: tenant.id, environment })))
        .find((decision) => !decision.allowed);
      if (refused !== undefined) return { allowed: false, because: `The role ${binding.role} holds more than its giver does: ${refused.because}` };
    }
  }
  return { allowed: true, because: 'The giver holds all that the roles allow.' };
}

/** The environments in which a permission holds through a binding; for `*` a name that nothing but `*` covers. */
function placesOf(tenant: TenantState, ...scopes: readonly (readonly string[])[]): readonly string[] {
  const named = scopes.filter((scope) => !scope.includes('*'));
  if (named.length === 0) return [...tenant.environments.keys(), '*'];
  return (named[0] ?? []).filter((environment) => named.every((scope) => scope.includes(environment)));
}
