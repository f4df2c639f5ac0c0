import type { Hold } from '../../types.ts';
import { problemAt, problemOfMissing, type TransitionRule } from '../rule.ts';
import { releaseChanges } from './release-change.ts';

/** While a hold is there and not over, its deployment keeps its release. A change that itself removes or sets the hold is the person's decision, and passes. */
export const held: TransitionRule = {
  codes: ['held'],
  * check({ tenant: { before, after }, changes, now }) {
    for (const { change, environment, application, from } of releaseChanges(changes)) {
      const hold = before?.environments.get(environment)?.holds.get(application);
      const stays = after?.environments.get(environment)?.holds.has(application) === true;
      if (hold === undefined || !stays || from === undefined) continue;
      if (isOver(hold.object, now)) continue;
      const message = `\`${application}\` is held at \`${from}\` in \`${environment}\` by ${hold.object.spec.by} (${hold.object.spec.reason}). Resume it first: \`cameleer resume ${hold.ref.tenant ?? ''}/${application} --env ${environment}\`, or remove ${hold.path}.`;
      yield change.after === undefined ? problemOfMissing(change.path, 'held', message) : problemAt(change.after, '/spec/release', 'held', message);
    }
  },
};

function isOver({ spec: { until } }: Hold, now: Date): boolean {
  return until !== undefined && Date.parse(until) <= now.getTime();
}
