import { subjectOf } from '../caller.ts';
import type { Stores } from '../context.ts';
import { passesIn } from '../errors.ts';
import { goRound, type Rounds } from '../rounds.ts';
import type { MadeRequest } from './find-request.ts';
import { mergeIfReady } from './merge-request.ts';
import { openRequests } from './open-requests.ts';
import { standingOf } from './standing.ts';

const everyMilliseconds = 5_000;

/**
 * Merges the requests that are to merge by themselves when what kept them ends without a step on them: a freeze or a hold that
 * is over, what others wrote, a role that was given. Nothing is remembered beyond the process: the next start looks at all.
 */
export function mergeWaiting(stores: Stores): Rounds {
  /** Request → how it stood when it could not be merged, and until when that says enough (`performance.now()`). */
  const waiting = new Map<number, { readonly standing: string; readonly until: number }>();
  const warn = (err: unknown, about: object) => stores.logger.warn({ err, ...about }, 'change requests that are to merge by themselves could not be looked at; the next round tries again');
  const look = async (request: MadeRequest) => {
    const standing = await standingOf(stores, request);
    const tried = waiting.get(request.number);
    if (tried?.standing === standing && performance.now() < tried.until) return;
    const requestId = `req_${Buffer.from(stores.random(12)).toString('hex')}`;
    const seconds = await mergeIfReady(stores, { subject: subjectOf(request.author), door: 'platform', requestId }, request).then(
      () => Number.POSITIVE_INFINITY,
      (error: unknown) => {
        const passes = passesIn(error);
        if (passes === undefined) throw error;
        return passes;
      },
    );
    waiting.set(request.number, { standing, until: performance.now() + seconds * 1000 });
  };
  const round = async () => {
    // Who came first is merged first.
    const requests = await openRequests(stores.ledger, { autoMerge: true });
    const numbers = new Set(requests.map(({ number }) => number));
    for (const number of waiting.keys()) if (!numbers.has(number)) waiting.delete(number);
    for (const request of requests) await look(request).catch((error: unknown) => warn(error, { number: request.number }));
  };
  return goRound(round, { milliseconds: everyMilliseconds, onError: (error) => warn(error, {}) });
}
