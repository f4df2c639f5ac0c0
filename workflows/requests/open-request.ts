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
export async function openRequest(stores: Stores, caller: Caller, intent: Intent, { autoMerge = false }: RequestOptions = {}): Promise<ChangeRequest> {
  const change = { ...intent.change, action: 'request.open' };
  const opened = await audited(stores, change, () => makeBranch(stores, intent, { author: actorOf(caller.subject), autoMerge }), saidOf);
  return viewOf(stores, autoMerge ? await mergeWhenReady(stores, caller, opened) : opened, 'whole');
}

async function makeBranch(stores: Stores, intent: Intent, { author, autoMerge }: { author: string; autoMerge: boolean }): Promise<MadeRequest> {
  if ((await listChangeRequests(stores.ledger, { author, status: 'open', limit: mostOpen })).length === mostOpen) {
    throw new WorkflowError('requests_over_limit', `${author} has ${mostOpen} open change requests. Merge or close some first.`);
  }
  const { tenant, subject: title, requestId } = intent.change;
  let after: number | undefined;
  for (let taken = 0; taken < mostTaken; taken += 1) {
    const numbered = await numberChangeRequest(stores.ledger, { ...defined({ tenant, after }), title, author, requestId, autoMerge, now: stores.now() });
    after = numbered.number;
    if (isMade(numbered)) return numbered;
    const made = await branchOf(stores, intent, numbered);
    if (made === undefined) continue;
    const concerns = concernsOf((await stores.engine.requests.read(made)).files);
    const opened = await moveChangeRequest(stores.ledger, numbered, { status: 'open', commit: made.commit, concerns, now: stores.now() });
    if (isMade(opened)) return opened;
  }
  throw new EngineError('branch_taken', 'The branches of change requests exist already, without records of them. Delete those of the numbers that the ledger gives next.');
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
