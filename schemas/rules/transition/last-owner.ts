import type { TenantState } from '../../state.ts';
import { problemOfMissing, type TransitionRule } from '../rule.ts';

/** A tenant doesn't lock itself out: who had an owner keeps one. */
export const lastOwner: TransitionRule = {
  codes: ['last_owner_removed'],
  * check({ by, tenant: { before, after }, changes }) {
    if (by !== 'tenant' || before === undefined || after === undefined || !hasOwner(before) || hasOwner(after)) return;
    const path = changes.find((change) => change.kind === 'Member')?.path;
    if (path !== undefined) yield problemOfMissing(path, 'last_owner_removed', 'This takes away the last owner, and then nobody could name one. Make another member the owner first.');
  },
};

function hasOwner(tenant: TenantState): boolean {
  return [...tenant.members.values()].some((member) => member.object.spec.bindings.some((binding) => binding.role === 'owner' && binding.environments.includes('*')));
}
