import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { actorOf, type Stores } from '../../workflows/index.ts';
import type { Subject } from '../../access/index.ts';
import { answerRequest, claimRequest, releaseRequest } from '../../ledger/index.ts';
import { ApiError } from '../errors.ts';
import type { Answer } from './route.ts';

/** Longer than a request with a key is worked on. */
const oldestMilliseconds = 2 * 60 * 1000;

export interface KeyedRequest {
  readonly subject: Subject;
  readonly key: string;
  /** Method and URL; with the key and the subject it decides the request id. */
  readonly target: string;
  readonly body: unknown;
}

export function idempotencyKeyOf(headers: IncomingHttpHeaders): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(key)) {
    throw new ApiError('invalid_request', 'Idempotency-Key takes 1 to 200 printable ASCII characters.', { problems: [{ pointer: '/header/Idempotency-Key', message: 'not 1 to 200 printable ASCII characters' }] });
  }
  return key;
}

/** The same key gives the same request id, by which a repeated request finds the commit of the first. */
export function requestIdOf(request: Omit<KeyedRequest, 'body'>): string {
  return `req_${sha256(`${actorOf(request.subject)}\0${request.target}\0${request.key}`).slice(0, 24)}`;
}

/**
 * Runs the request once per key; a repetition gets the first answer. A failed run may be tried again under the same key.
 * Claims from before `startedAt`, when this process began, are a dead process's; where several processes share the ledger,
 * those are that are older than a request gets. Taking one over is safe: whoever runs again finds the commit. Errors: `idempotency_key_reused`, `request_running`.
 */
export async function once(stores: Stores, request: KeyedRequest, startedAt: Date, run: () => Promise<Answer>): Promise<Answer> {
  const claim = { subject: actorOf(request.subject), key: request.key };
  const fingerprint = sha256(`${request.target}\0${JSON.stringify(request.body ?? null)}`);
  const found = await claimRequest(stores.ledger, { ...claim, fingerprint, now: stores.now(), abandonedBefore: stores.shared === true ? new Date(stores.now().getTime() - oldestMilliseconds) : startedAt });
  if (found.state === 'answered') return { status: found.status, json: JSON.parse(found.body) as unknown, headers: { 'Idempotency-Replayed': 'true' } };
  if (found.state === 'mismatch') throw new ApiError('idempotency_key_reused', 'This Idempotency-Key was used for another request. Use a new one.');
  if (found.state === 'running') throw new ApiError('request_running', 'The same request is still being worked on. Ask again in a moment.', { headers: { 'Retry-After': '1' } });
  const outcome = await run().then((answer) => ({ answer }), (error: unknown) => ({ error }));
  if (!('answer' in outcome)) {
    await tolerate(stores, releaseRequest(stores.ledger, claim));
    throw outcome.error;
  }
  const { answer } = outcome;
  const kept = 'json' in answer && (await tolerate(stores, answerRequest(stores.ledger, { ...claim, status: answer.status, body: JSON.stringify(answer.json) })));
  // A repetition without a kept answer runs again, and finds the commit by its request id.
  if (!kept) await tolerate(stores, releaseRequest(stores.ledger, claim));
  return answer;
}

/** What the request did stands, so a ledger that fails after it must not change how it is answered. */
async function tolerate({ logger }: Stores, work: Promise<unknown>): Promise<boolean> {
  try {
    await work;
    return true;
  } catch (error) {
    logger.error({ err: error }, 'what became of an Idempotency-Key is not in the ledger');
    return false;
  }
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
