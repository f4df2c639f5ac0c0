import { ownerOf } from '../../owner.ts';
import type { Problem } from '../../problem.ts';
import { problemAt, problemOfMissing, type Transition, type TransitionRule } from '../rule.ts';
import type { Change } from './changes.ts';

/**
 * A tenant can't write what the platform owns. Two things look like it and aren't: a new Release, for which the builder's
 * signature speaks, and a key that comes or goes together with its environment (the platform makes it when a person asks for
 * an environment; a state rule holds it to its form).
 */
export const ownership: TransitionRule = {
  codes: ['owned_by_platform'],
  * check({ by, tenant, changes }) {
    if (by !== 'tenant') return;
    for (const change of changes) if (isPlatforms(change) && !isAllowed(change, tenant)) yield refuse(change);
  },
};

function isPlatforms(change: Change): boolean {
  const ref = (change.after ?? change.before)?.ref;
  return ref !== undefined && ownerOf(ref) === 'platform';
}

function isAllowed(change: Change, { before, after }: Transition['tenant']): boolean {
  if (change.kind === 'Release') return change.before === undefined;
  if (change.kind !== 'EnvironmentKey') return false;
  const name = (change.after ?? change.before)?.ref.name ?? '';
  if (change.after === undefined) return after?.environments.has(name) === false;
  return change.before === undefined && before?.environments.has(name) !== true;
}

function refuse(change: Change): Problem {
  const message = `Objects of kind ${change.kind} belong to the platform. Ask an operator for the change.`;
  return change.after === undefined ? problemOfMissing(change.path, 'owned_by_platform', message) : problemAt(change.after, '', 'owned_by_platform', message);
}
