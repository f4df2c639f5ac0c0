import type { HistoryEntry } from '../../engine/index.ts';
import { missing, ok, type Judge } from './link.ts';

/** Which commit asked for it: who, when, under which request, and whether the platform's signature holds. */
export const stateCommit: Judge = ({ change: entry }) => {
  if (entry === undefined) return missing('state commit', 'No commit of the state repository names it.');
  if (entry.signature === 'invalid') return missing('state commit', `The signature of ${entry.commit} does not verify: someone changed the repository past the platform. Ask an operator.`, { value: entry.commit, since: entry.time });
  return ok('state commit', entry.commit, { message: describe(entry), since: entry.time });
};

function describe(entry: HistoryEntry): string {
  const request = entry.trailers.get('Request-Id')?.[0];
  const signature = entry.signature === 'platform' ? 'signed by the platform' : 'not signed by the platform (pushed by Git)';
  return `${entry.subject}, by ${entry.trailers.get('Cameleer-Actor')?.[0] ?? entry.author}${request === undefined ? '' : `, request ${request}`}, ${signature}`;
}
