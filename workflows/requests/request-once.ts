import type { Intent } from '../../engine/index.ts';
import { dropChangeRequest, listChangeRequests, moveChangeRequest, type ChangeRequestRecord } from '../../ledger/index.ts';
import { audited } from '../audit.ts';
import { actorOf, type Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { CodedError } from '../../schemas/index.ts';
import { Turns } from '../turns.ts';
import { updateRequest } from './change-request.ts';
import { earlierAreSettled } from './earlier-requests.ts';
import { isMade, saidOf, type MadeRequest } from './find-request.ts';
import { mergeWhenReady } from './merge-request.ts';
import { mostOpen, numberRequest, openNumbered, openRequest, type RequestOptions } from './open-request.ts';
import type { ChangeRequest } from './request.ts';
import { viewOf } from './show-request.ts';

export interface OnceOptions extends RequestOptions {
  /** Whether an open request that changes no fields but those of the write is updated to it. */
  readonly updates: boolean;
}

/** One person's requests of this process, one after the other. */
const turns = new Turns();
/** Somebody else opened the same, updated it, or settled it, each time that we looked. */
const mostAttempts = 5;
/** Codes of an update that another process was quicker than. */
const overtaken: ReadonlySet<string> = new Set(['request_settled', 'request_changed', 'branch_taken']);

/**
 * The change request of a write: the one that the same person has open already and that makes the same, or, with `updates`, one
 * that the write sets right; else a new one. Two at once get one, in one process and in several. Throws what `openRequest` and
 * `updateRequest` throw.
 */
export function requestOnce(stores: Stores, caller: Caller, intent: Intent, options: OnceOptions): Promise<ChangeRequest> {
  return turns.run(actorOf(caller.subject), async () => {
    for (let attempt = 1; attempt < mostAttempts; attempt += 1) {
      const request = await attemptOnce(stores, caller, intent, options);
      if (request !== undefined) return request;
    }
    return openRequest(stores, caller, intent, options);
  });
}

/** `undefined`: another process of the same person's was quicker, so there is something to find now. */
async function attemptOnce(stores: Stores, caller: Caller, intent: Intent, options: OnceOptions): Promise<ChangeRequest | undefined> {
  const open = await openOf(stores, caller);
  const match = await matchOf(stores, intent, { open, updates: options.updates });
  if (match === undefined) return openWhenNew(stores, caller, intent, { ...options, seen: open });
  const request = await withAutoMerge(stores, match.request, options);
  if (match.by === 'content') return answerAgain(stores, caller, { intent, request });
  return updateRequest(stores, caller, { number: request.number, intent }).catch((error: unknown) => {
    if (error instanceof CodedError && overtaken.has(error.code)) return undefined;
    throw error;
  });
}

async function openOf({ ledger }: Stores, { subject }: Caller): Promise<readonly MadeRequest[]> {
  return (await listChangeRequests(ledger, { author: actorOf(subject), status: 'open', limit: mostOpen })).filter(isMade);
}

interface Match {
  readonly request: MadeRequest;
  readonly by: 'content' | 'fields';
}

async function matchOf({ engine }: Stores, intent: Intent, { open, updates }: { readonly open: readonly MadeRequest[]; readonly updates: boolean }): Promise<Match | undefined> {
  const match = await engine.requests.match(intent, open);
  const request = open.find(({ number }) => number === match?.number);
  return request === undefined || match === undefined || (match.by === 'fields' && !updates) ? undefined : { request, by: match.by };
}

/**
 * Numbers are given one after the other, so of two at once the second one sees the first: it waits for what becomes of that,
 * and gives its number back when it is the same.
 */
async function openWhenNew(stores: Stores, caller: Caller, intent: Intent, { seen, ...options }: OnceOptions & { readonly seen: readonly MadeRequest[] }): Promise<ChangeRequest | undefined> {
  const numbered = await numberRequest(stores, caller, intent, options);
  const giveBack = () => dropChangeRequest(stores.ledger, numbered.number);
  const mine = isMade(numbered) || (await isNew(stores, caller, intent, { numbered, seen, updates: options.updates }).catch(async (error: unknown) => {
    await giveBack();
    throw error;
  }));
  if (mine) return openNumbered(stores, caller, { intent, numbered });
  await giveBack();
  return undefined;
}

async function isNew(stores: Stores, caller: Caller, intent: Intent, { numbered, seen, updates }: { readonly numbered: ChangeRequestRecord; readonly seen: readonly MadeRequest[]; readonly updates: boolean }): Promise<boolean> {
  await earlierAreSettled(stores, numbered);
  const known = new Set(seen.map(({ commit }) => commit));
  const open = (await openOf(stores, caller)).filter(({ commit }) => !known.has(commit));
  if (open.length === 0) return true;
  // Of a Git host, what another process has pushed is not here yet.
  await stores.engine.look();
  return (await matchOf(stores, intent, { open, updates })) === undefined;
}

async function withAutoMerge(stores: Stores, request: MadeRequest, { autoMerge = false }: RequestOptions): Promise<MadeRequest> {
  if (!autoMerge || request.autoMerge) return request;
  const moved = await moveChangeRequest(stores.ledger, request, { autoMerge, now: stores.now() });
  return isMade(moved) ? moved : request;
}

async function answerAgain(stores: Stores, caller: Caller, { intent, request }: { readonly intent: Intent; readonly request: MadeRequest }): Promise<ChangeRequest> {
  const settled = await audited(stores, { ...intent.change, action: 'request.open' }, () => (request.autoMerge ? mergeWhenReady(stores, caller, request) : Promise.resolve(request)), saidOf);
  return viewOf(stores, settled, 'whole');
}
