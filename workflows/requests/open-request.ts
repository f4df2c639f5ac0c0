import type { Intent, RequestRef } from '../../engine/index.ts';
import { EngineError } from '../../engine/index.ts';
import { dropChangeRequest, listChangeRequests, moveChangeRequest, numberChangeRequest, type ChangeRequestRecord } from '../../ledger/index.ts';
import { actorOf, type Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { defined } from '../defined.ts';
import { WorkflowError } from '../errors.ts';
import { audited } from '../audit.ts';
import { concernsOf, isMade, saidOf, type MadeRequest } from './find-request.ts';
import { mergeWhenReady } from './merge-request.ts';
import type { ChangeRequest } from './request.ts';
import { viewOf } from './show-request.ts';

export interface RequestOptions {
  /** Merge as soon as every check has passed. */
  readonly autoMerge?: boolean;
}

/** Numbers that somebody's hand has taken, in a repository whose ledger was lost, are passed over. */
const mostTaken = 1_000;
/** Of one author: each is a branch that clones fetch. */
export const mostOpen = 200;

/**
 * Makes a change request of what the intent does: numbered in the ledger, one commit on `refs/heads/requests/<number>`, then
 * open. The same request of the same caller again answers the first. Throws `requests_over_limit`, and what
 * `RequestBranches.open` throws.
 */
export async function openRequest(stores: Stores, caller: Caller, intent: Intent, options: RequestOptions = {}): Promise<ChangeRequest> {
  return openNumbered(stores, caller, { intent, numbered: await numberRequest(stores, caller, intent, options) });
}

export interface NumberedRequest {
  readonly intent: Intent;
  /** Of `numberRequest`. */
  readonly numbered: ChangeRequestRecord;
}

/** Gives a request of the caller's the number after the last one. Until its branch is made, it may be given back with `dropChangeRequest`. */
export function numberRequest(stores: Stores, caller: Caller, { change: { tenant, subject: title, requestId } }: Intent, { autoMerge = false, after }: RequestOptions & { readonly after?: number }): Promise<ChangeRequestRecord> {
  return numberChangeRequest(stores.ledger, { ...defined({ tenant, after }), title, author: actorOf(caller.subject), requestId, autoMerge, now: stores.now() });
}

/** As `openRequest`, of a request that has its number. */
export async function openNumbered(stores: Stores, caller: Caller, request: NumberedRequest): Promise<ChangeRequest> {
  const change = { ...request.intent.change, action: 'request.open' };
  const opened = await audited(stores, change, () => makeBranch(stores, caller, request), saidOf);
  return viewOf(stores, opened.autoMerge ? await mergeWhenReady(stores, caller, opened) : opened, 'whole');
}

async function makeBranch(stores: Stores, caller: Caller, { intent, numbered: first }: NumberedRequest): Promise<MadeRequest> {
  let numbered = first;
  if (isMade(numbered)) return numbered;
  await refuseMore(stores, numbered);
  for (let taken = 0; taken < mostTaken; taken += 1) {
    const made = await branchOf(stores, intent, numbered);
    if (made !== undefined) {
      const concerns = concernsOf((await stores.engine.requests.read(made)).files);
      const opened = await moveChangeRequest(stores.ledger, numbered, { status: 'open', commit: made.commit, concerns, now: stores.now() });
      if (isMade(opened)) return opened;
    }
    numbered = await numberRequest(stores, caller, intent, { autoMerge: numbered.autoMerge, after: numbered.number });
    if (isMade(numbered)) return numbered;
  }
  throw new EngineError('branch_taken', 'The branches of change requests exist already, without records of them. Delete those of the numbers that the ledger gives next.');
}

/** Gives the number back when its author has too many. */
async function refuseMore({ ledger }: Stores, { author, number }: ChangeRequestRecord): Promise<void> {
  if ((await listChangeRequests(ledger, { author, status: 'open', limit: mostOpen })).length < mostOpen) return;
  await dropChangeRequest(ledger, number);
  throw new WorkflowError('requests_over_limit', `${author} has ${mostOpen} open change requests. Merge or close some first.`);
}

/** `undefined` when the number's branch exists already. A number without a branch is given back. */
async function branchOf(stores: Stores, intent: Intent, { number }: ChangeRequestRecord): Promise<RequestRef | undefined> {
  try {
    return await stores.engine.requests.open(number, intent);
  } catch (error) {
    await dropChangeRequest(stores.ledger, number);
    if (error instanceof EngineError && error.code === 'branch_taken') return undefined;
    throw error;
  }
}
