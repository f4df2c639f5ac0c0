import { EngineError, type Intent } from '../../engine/index.ts';
import { appendAudit, moveChangeRequest, type ChangeRequestMove, type ChangeRequestRecord } from '../../ledger/index.ts';
import { audited, auditEntry, changeBy } from '../audit.ts';
import { actorOf, type Caller } from '../caller.ts';
import { isOperator } from '../../access/index.ts';
import type { Stores } from '../context.ts';
import { defined } from '../defined.ts';
import { WorkflowError } from '../errors.ts';
import { Turns } from '../turns.ts';
import { concernsOf, findOpenRequest, findRequest, isMade, saidOf, summaryOf, type MadeRequest } from './find-request.ts';
import { mergeWhenReady } from './merge-request.ts';
import type { ChangeRequest } from './request.ts';
import { viewOf } from './show-request.ts';

export interface RequestChange {
  readonly number: number;
  /** The ETag that the caller read. */
  readonly etag: string;
  readonly status?: 'open' | 'closed';
  readonly autoMerge?: boolean;
}

/**
 * Closes a request, opens it again, or says whether it merges by itself: its author's matter, an operator's as well. Throws
 * `precondition_failed`, `request_settled`, `not_authorised`, `request_gone`.
 */
export async function changeRequest(stores: Stores, caller: Caller, { number, etag, status, autoMerge }: RequestChange): Promise<ChangeRequest> {
  const { request } = await findRequest(stores, caller.subject, number);
  if (request.status === 'merged') throw new WorkflowError('request_settled', `Change request ${number} is merged. Revert its commit ${request.mergedCommit ?? ''} to undo it.`);
  refuseOthers(stores, caller, request);
  if (summaryOf(request, 'whole').etag !== etag) throw changedSince(number);
  const turn = turnOf(request.status, status);
  if (turn === 'reopen') await stores.engine.requests.restore(request);
  const settledBy = turn === 'close' ? actorOf(caller.subject) : null;
  const moved = await moveAudited(stores, caller, request, { action: `request.${turn}`, ...defined({ status, autoMerge }), ...(turn === 'change' ? {} : { settledBy }) });
  if (turn === 'close') await stores.engine.requests.retire(moved, moved.revision);
  return viewOf(stores, moved.status === 'open' && moved.autoMerge ? await mergeWhenReady(stores, caller, moved) : moved, 'whole');
}

function turnOf(before: MadeRequest['status'], after: RequestChange['status']): 'close' | 'reopen' | 'change' {
  if (after === undefined || after === before) return 'change';
  return after === 'closed' ? 'close' : 'reopen';
}

/** Each stands on the one before it; across processes, one of two at once is refused. */
const updates = new Turns();

/**
 * Puts another change in the place of a request's, or makes the same one anew on today's head. Approvals of the old plan count
 * on only when the plan is the same. The old commit stays at `refs/cameleer/requests/<number>/<revision>`. Its author's matter.
 * Throws what `RequestBranches.replace` throws, `not_its_author`, `request_changed`.
 */
export function updateRequest(stores: Stores, caller: Caller, { number, intent }: { readonly number: number; readonly intent?: Intent }): Promise<ChangeRequest> {
  return updates.run(String(number), () => update(stores, caller, { number, ...defined({ intent }) }));
}

async function update(stores: Stores, caller: Caller, { number, intent }: { readonly number: number; readonly intent?: Intent }): Promise<ChangeRequest> {
  const { request } = await findOpenRequest(stores, caller.subject, number);
  if (actorOf(caller.subject) !== request.author) throw new WorkflowError('not_its_author', `Only its author ${request.author} updates change request ${number}. Open one of your own.`);
  const made = intent ?? (await stores.engine.requests.reapply(request));
  const wanted: Intent = { ...made, change: { ...made.change, requestId: caller.requestId, door: caller.door } };
  const moved = await audited(stores, { ...wanted.change, action: 'request.update' }, () => replace(stores, request, wanted), saidOf);
  return viewOf(stores, moved.autoMerge ? await mergeWhenReady(stores, caller, moved) : moved, 'whole');
}

async function replace(stores: Stores, request: MadeRequest, intent: Intent): Promise<MadeRequest> {
  const { number, commit } = await stores.engine.requests.replace(request, request.revision, intent);
  const concerns = concernsOf((await stores.engine.requests.read({ number, commit })).files);
  const moved = await moveChangeRequest(stores.ledger, request, { commit, concerns, revision: request.revision + (commit === request.commit ? 0 : 1), title: intent.change.subject, now: stores.now() });
  if (isMade(moved)) return moved;
  throw new WorkflowError('request_changed', `Change request ${request.number} was changed by somebody else meanwhile. Look at it again.`);
}

function refuseOthers({ engine }: Stores, { subject }: Caller, { author, number }: MadeRequest): void {
  if (actorOf(subject) === author || isOperator(engine.platform(), subject)) return;
  throw new WorkflowError('not_its_author', `Change request ${number} is ${author}'s; only they and operators change it.`);
}

type Audited = Omit<ChangeRequestMove, 'now'> & { readonly action: string };

async function moveAudited(stores: Stores, caller: Caller, request: MadeRequest, { action, ...move }: Audited): Promise<MadeRequest> {
  const { tenant, number } = request;
  const entry = auditEntry(changeBy(caller, { action, subject: '', ...(tenant === undefined ? {} : { tenant }) }), { phase: 'noted', resource: `requests/${number}` });
  const moved = await stores.ledger.transaction(async (sql): Promise<ChangeRequestRecord | undefined> => {
    const found = await moveChangeRequest(sql, request, { ...move, now: stores.now() });
    if (found !== undefined) await appendAudit(sql, entry);
    return found;
  });
  if (!isMade(moved)) throw changedSince(number);
  return moved;
}

function changedSince(number: number): EngineError {
  return new EngineError('precondition_failed', `Change request ${number} has changed since you read it. Read it again.`);
}
