import { didYouMean } from '../../nearest.ts';
import { checkScope } from './check-scope.ts';
import type { Problem } from '../../problem.ts';
import type { Loaded, PlatformState, TenantState } from '../../state.ts';
import type { Binding } from '../../types.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** A binding that names nothing would grant nothing, silently; and later, when the name comes into use, too much. */
export const bindingsNameWhatExists: StateRule = {
  codes: ['role_unknown', 'environment_unknown', 'team_unknown'],
  * check({ platform, tenant }) {
    for (const holder of [...tenant.members.values(), ...tenant.serviceAccounts.values()]) {
      for (const [index, binding] of holder.object.spec.bindings.entries()) yield* checkBinding({ platform, tenant }, holder, binding, `/spec/bindings/${index}`);
    }
    for (const sso of tenant.sso.values()) {
      const { defaultRole } = sso.object.spec;
      if (defaultRole !== undefined) yield* checkRole({ platform, tenant }, sso, defaultRole, '/spec/defaultRole');
    }
    for (const vault of tenant.vaults.values()) yield* checkScope(tenant, vault, vault.object.spec.environments, '/spec/environments');
    for (const { environment } of tenant.environments.values()) {
      for (const [index, role] of (environment.object.spec.approval?.approvers?.roles ?? []).entries()) {
        yield* checkRole({ platform, tenant }, environment, role, `/spec/approval/approvers/roles/${index}`);
      }
    }
  },
};

type Holder = Loaded<'Member'> | Loaded<'ServiceAccount'> | Loaded<'SsoConnection'> | Loaded<'VaultConnection'> | Loaded<'Environment'>;
interface Around { readonly platform: PlatformState; readonly tenant: TenantState }

function* checkBinding(around: Around, holder: Holder, binding: Binding, pointer: string): Iterable<Problem> {
  yield* checkRole(around, holder, binding.role, `${pointer}/role`);
  yield* checkScope(around.tenant, holder, binding.environments, `${pointer}/environments`);
  for (const [place, team] of (binding.teams ?? []).entries()) {
    if (around.tenant.teams.has(team)) continue;
    yield problemAt(holder, `${pointer}/teams/${place}`, 'team_unknown', `There is no team \`${team}\`.${didYouMean(team, around.tenant.teams.keys())} Name one that exists, or add it under teams/.`);
  }
}

function* checkRole({ platform, tenant }: Around, holder: Holder, role: string, pointer: string): Iterable<Problem> {
  if (platform.roles.has(role) || tenant.roles.has(role)) return;
  const known = [...platform.roles.keys(), ...tenant.roles.keys()];
  yield problemAt(holder, pointer, 'role_unknown', `There is no role \`${role}\`.${didYouMean(role, known)} Name one of: ${known.join(', ')}.`);
}
