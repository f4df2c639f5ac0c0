import { problemAt, problemOfMissing, type TransitionRule } from '../rule.ts';
import { releaseChanges } from './release-change.ts';

/** In a freeze window releases don't change, whoever asks. In an emergency the window is removed first, which everyone sees. */
export const frozen: TransitionRule = {
  codes: ['environment_frozen'],
  * check({ tenant: { before }, changes, now }) {
    for (const { change, environment } of releaseChanges(changes)) {
      const freezes = before?.environments.get(environment)?.environment.object.spec.freezes ?? [];
      const freeze = freezes.find(({ from, until }) => Date.parse(from) <= now.getTime() && now.getTime() < Date.parse(until));
      if (freeze === undefined) continue;
      const message = `\`${environment}\` is frozen until ${freeze.until}: ${freeze.reason} Wait, or remove the window from its environment.yaml.`;
      yield change.after === undefined ? problemOfMissing(change.path, 'environment_frozen', message) : problemAt(change.after, '/spec/release', 'environment_frozen', message);
    }
  },
};
