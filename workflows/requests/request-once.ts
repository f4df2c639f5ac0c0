import type { Intent } from '../../engine/index.ts';
import { listChangeRequests, moveChangeRequest } from '../../ledger/index.ts';
import { audited } from '../audit.ts';
import { actorOf, type Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import { Turns } from '../turns.ts';
import { updateRequest } from './change-request.ts';
import { isMade, saidOf, type MadeRequest } from './find-request.ts';
import { mergeWhenReady } from './merge-request.ts';
import { mostOpen, openRequest, type RequestOptions } from './open-request.ts';
import type { ChangeRequest } from './request.ts';
import { viewOf } from './show-request.ts';

export interface OnceOptions extends RequestOptions {
  /** Whether an open request that changes no fields but those of the write is updated to it. */
  readonly updates: boolean;
}

/** So that somebody who asks twice at once gets one. Across processes, two at once may still get two. */
const turns = new Turns();

/**
 * The change request of a write: the one that the same person has open already and that makes the same, or, with `updates`, one
 * that the write sets right; else a new one. Throws what `openRequest` and `updateRequest` throw.
 */
export function requestOnce(stores: Stores, caller: Caller, intent: Intent, { updates, ...options }: OnceOptions): Promise<ChangeRequest> {
  const author = actorOf(caller.subject);
  return turns.run(author, async () => {
    const open = (await listChangeRequests(stores.ledger, { author, status: 'open', limit: mostOpen })).filter(isMade);
    const match = await stores.engine.requests.match(intent, open);
    const found = open.find(({ number }) => number === match?.number);
    if (found === undefined || (match?.by === 'fields' && !updates)) return openRequest(stores, caller, intent, options);
    const request = await withAutoMerge(stores, found, options);
    if (match?.by === 'content') return answerAgain(stores, caller, { intent, request });
    return updateRequest(stores, caller, { number: request.number, intent }).catch((error: unknown) => {
      // Merged or closed meanwhile.
      if (error instanceof WorkflowError && error.code === 'request_settled') return openRequest(stores, caller, intent, options);
      throw error;
    });
  });
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
