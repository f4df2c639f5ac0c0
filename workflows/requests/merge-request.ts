import type { Change, Considered, Intent } from '../../engine/index.ts';
import { EngineError } from '../../engine/index.ts';
import { findChangeRequest, isDenied, listChangeApprovals, moveChangeRequest, type ChangeRequestMove } from '../../ledger/index.ts';
import { audited } from '../audit.ts';
import { authorize } from '../authorize.ts';
import { actorOf, subjectOf, type Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { passesIn, WorkflowError } from '../errors.ts';
import { unmetPolicies } from './checks.ts';
import { findOpenRequest, findRequest, isMade, saidOf, type MadeRequest } from './find-request.ts';
import { approversOf } from './policy.ts';
import type { ChangeRequest } from './request.ts';
import { viewOf } from './show-request.ts';

/**
 * Makes the request's change on the head, as one commit of its author with the trailers `Change-Request`, `Plan-Hash` and
 * `Approved-By`. The merger must be allowed to make the change as well. A request that is merged already is answered as such.
 * Throws `request_settled`, `approvals_missing`, `request_conflict`, `nothing_to_merge`, `request_changed`, and what a write throws.
 */
export async function mergeRequest(stores: Stores, caller: Caller, number: number): Promise<ChangeRequest> {
  const { request: found, sight } = await findRequest(stores, caller.subject, number);
  if (found.status === 'merged') return viewOf(stores, found, sight);
  const { request } = await findOpenRequest(stores, caller.subject, number);
  if (sight !== 'whole') throw new EngineError('not_authorised', `Change request ${number} concerns more than your part of it. Operators merge it.`);
  return viewOf(stores, await merge(stores, caller, request), sight);
}

/**
 * Merges for its author, who asked for it, when every check has passed; what stands in the way is left for people to see, and what
 * passes by itself for the next round of `mergeWaiting`. Somebody on the deny-list does nothing, by others' hands neither: their
 * request waits for a person who merges it. `caller`: whose request made it ready.
 */
export async function mergeWhenReady(stores: Stores, caller: Caller, request: MadeRequest): Promise<MadeRequest> {
  return mergeIfReady(stores, caller, request).catch((error: unknown) => {
    if (passesIn(error) === undefined) throw error;
    return request;
  });
}

/** The same, but throws what passes by itself (`passesIn`). */
export async function mergeIfReady(stores: Stores, caller: Caller, request: MadeRequest): Promise<MadeRequest> {
  const author = subjectOf(request.author);
  if (await isDenied(stores.ledger, { kind: author.kind, id: request.author })) return request;
  if (!(await viewOf(stores, request, 'whole')).mergeable) return request;
  try {
    return await merge(stores, { ...caller, subject: author }, request);
  } catch (error) {
    if ((!(error instanceof EngineError) && !(error instanceof WorkflowError)) || passesIn(error) !== undefined) throw error;
    stores.logger.warn({ number: request.number, code: error.code }, 'a change request that was to merge by itself did not');
    return request;
  }
}

async function merge(stores: Stores, caller: Caller, request: MadeRequest): Promise<MadeRequest> {
  const { engine } = stores;
  await engine.requests.restore(request);
  const reapplied = await engine.requests.reapply(request);
  const merging: Change = { ...reapplied.change, requestId: caller.requestId };
  const intent: Intent = { ...reapplied, change: merging, approved: true, confirm: (considered) => confirm(stores, caller, request, { ...considered, change: merging }) };
  const change: Change = { ...intent.change, action: 'request.merge', actor: actorOf(caller.subject), door: caller.door };
  await move(stores, request, { mergeRequest: caller.requestId });
  return audited(stores, change, () => commitAndSettle(stores, caller, { request, intent }), saidOf);
}

async function commitAndSettle(stores: Stores, caller: Caller, { request, intent }: { readonly request: MadeRequest; readonly intent: Intent }): Promise<MadeRequest> {
  const mergedCommit = await write(stores, intent, request).catch(async (error: unknown) => {
    await move(stores, request, { mergeRequest: null }).catch(() => {});
    throw error;
  });
  return settle(stores, request, { mergedCommit, settledBy: actorOf(caller.subject) });
}

/** The commit of `main`, which another merge of the same request may have made. */
async function write({ engine }: Stores, intent: Intent, { number }: MadeRequest): Promise<string> {
  try {
    const { changed, commit } = await engine.write(intent);
    if (!changed) throw new WorkflowError('nothing_to_merge', `main says already all that change request ${number} asks for. Close it.`);
    return commit;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'request_merged' && error.merged !== undefined) return error.merged;
    throw error;
  }
}

/** Asked with the head fixed: nothing can come between the answer and the commit. */
async function confirm(stores: Stores, caller: Caller, request: MadeRequest, considered: Considered & { readonly change: Change }): Promise<Change> {
  const { change, files, before, plan } = considered;
  const actor = actorOf(caller.subject);
  if (actor !== change.actor) await authorize({ ...change, actor }, files, before);
  const current = await findChangeRequest(stores.ledger, request.number);
  if (current?.status !== 'open' || current.commit !== request.commit) throw new WorkflowError('request_changed', `Change request ${request.number} was updated or closed meanwhile. Look at it again.`);
  const approvers = approversOf(considered, request.author, await listChangeApprovals(stores.ledger, request.number));
  const unmet = unmetPolicies(considered, approvers);
  if (unmet.length > 0) throw new WorkflowError('approvals_missing', `Change request ${request.number} can not be merged yet: ${unmet.join('; ')}. Approvals of an earlier plan do not count.`);
  return { ...change, planHash: plan.hash, approvedBy: approvers };
}

/**
 * Writes down that the request is on `main`, and takes its branch away. The commit stands, so a ledger that fails now does not
 * change the answer: the next start settles it from Git.
 */
async function settle(stores: Stores, request: MadeRequest, by: { readonly mergedCommit: string; readonly settledBy: string }): Promise<MadeRequest> {
  const merged = { ...request, ...by, status: 'merged' } as const;
  try {
    const moved = await move(stores, request, { status: 'merged', mergeRequest: null, ...by });
    await stores.engine.requests.retire(request, request.revision);
    return moved;
  } catch (error) {
    stores.logger.error({ number: request.number, commit: by.mergedCommit, err: error }, 'a merged change request is not settled in the ledger; the next start does it');
    return merged;
  }
}

/** Changes the record as it is now, whoever changed it before; a request that is merged stays so. */
async function move(stores: Pick<Stores, 'ledger' | 'now'>, { number }: MadeRequest, change: Omit<ChangeRequestMove, 'now'>): Promise<MadeRequest> {
  for (;;) {
    const current = await findChangeRequest(stores.ledger, number);
    if (!isMade(current)) throw new WorkflowError('not_found', `There is no change request ${number}.`);
    if (current.status === 'merged') return current;
    const moved = await moveChangeRequest(stores.ledger, current, { ...change, now: stores.now() });
    if (isMade(moved)) return moved;
  }
}
