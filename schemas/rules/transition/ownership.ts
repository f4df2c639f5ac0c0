import { ownerOf } from '../../owner.ts';
import type { Problem } from '../../problem.ts';
import type { TenantState } from '../../state.ts';
import { problemAt, problemOfMissing, type TransitionRule } from '../rule.ts';
import type { Change } from './changes.ts';

/**
 * A tenant can't write what the platform owns. Two things look like it and aren't: a new Release, for which the builder's
 * signature speaks, and a key that goes together with its environment.
 */
export const ownership: TransitionRule = {
  codes: ['owned_by_platform'],
  * check({ by, tenant: { after }, changes }) {
    if (by !== 'tenant') return;
    for (const change of changes) if (isPlatforms(change) && !isAllowed(change, after)) yield refuse(change);
  },
};

function isPlatforms(change: Change): boolean {
  const ref = (change.after ?? change.before)?.ref;
  return ref !== undefined && ownerOf(ref) === 'platform';
}

function isAllowed(change: Change, after: TenantState | undefined): boolean {
  if (change.kind === 'Release') return change.before === undefined;
  if (change.kind === 'EnvironmentKey') return change.after === undefined && after?.environments.has(change.before?.ref.name ?? '') === false;
  return false;
}

function refuse(change: Change): Problem {
  const message = `A ${change.kind} belongs to the platform. Ask an operator for the change.`;
  return change.after === undefined ? problemOfMissing(change.path, 'owned_by_platform', message) : problemAt(change.after, '', 'owned_by_platform', message);
}
