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
      const { reason, until } = hold.object.spec;
      if (until !== undefined && Date.parse(until) <= now.getTime()) continue;
      const message = `\`${application}\` is held at \`${from}\` in \`${environment}\`: ${reason} Resume it first: remove ${hold.path}.`;
      yield change.after === undefined ? problemOfMissing(change.path, 'held', message) : problemAt(change.after, '/spec/release', 'held', message);
    }
  },
};
