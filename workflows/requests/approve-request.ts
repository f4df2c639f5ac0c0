import { conflictError, EngineError, type Considered } from '../../engine/index.ts';
import { appendAudit, approveChangeRequest, withdrawChangeApproval } from '../../ledger/index.ts';
import { auditEntry, changeBy } from '../audit.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { defined } from '../defined.ts';
import { PlanOutdatedError, WorkflowError } from '../errors.ts';
import { findOpenRequest, type MadeRequest } from './find-request.ts';
import { mergeWhenReady } from './merge-request.ts';
import { approvableIn, conflictsIn, reasonIn, type Sight } from './part.ts';
import { refusalToApprove } from './policy.ts';
import type { ChangeRequest } from './request.ts';
import { viewOf } from './show-request.ts';

/**
 * A person agrees to what a request would do now, named by the hash of its plan. Where the request is to merge by itself and
 * nothing else is missing, it does. Throws `own_request`, `not_authorised`, `plan_outdated`, `request_conflict`, `request_settled`.
 */
export async function approveRequest(stores: Stores, caller: Caller, { number, planHash }: { readonly number: number; readonly planHash: string }): Promise<ChangeRequest> {
  const { subject } = caller;
  const { request, sight } = await findOpenRequest(stores, subject, number);
  if (subject.kind !== 'person') throw new EngineError('not_authorised', 'People approve changes; a service account may not.');
  if (subject.id === request.author) throw new WorkflowError('own_request', 'Nobody approves their own change. Ask somebody else.');
  const { considered, seen } = await considerNow(stores, request, sight);
  const refusal = refusalToApprove(considered, subject.id);
  if (refusal !== undefined) throw new EngineError('not_authorised', reasonIn(sight, refusal, (about) => refusalToApprove(about, subject.id), seen));
  if (considered.plan.hash !== planHash) throw new PlanOutdatedError(considered.plan.hash);
  const entry = auditEntry(changeOf(caller, request, sight), { phase: 'noted', resource: `requests/${number}`, commit: request.commit, detail: { planHash } });
  await stores.ledger.transaction(async (sql) => {
    await approveChangeRequest(sql, { number, person: subject.id, planHash, approvedAt: stores.now() });
    await appendAudit(sql, entry);
  });
  return viewOf(stores, request.autoMerge ? await mergeWhenReady(stores, caller, request) : request, sight);
}

/** Takes back one's approval; without one, nothing happens. Throws `request_settled`. */
export async function withdrawApproval(stores: Stores, caller: Caller, number: number): Promise<ChangeRequest> {
  const { subject } = caller;
  const { request, sight } = await findOpenRequest(stores, subject, number);
  if (subject.kind === 'person') {
    const entry = auditEntry({ ...changeOf(caller, request, sight), action: 'request.withdraw' }, { phase: 'noted', resource: `requests/${number}` });
    await stores.ledger.transaction(async (sql) => {
      if (await withdrawChangeApproval(sql, { number, person: subject.id })) await appendAudit(sql, entry);
    });
  }
  return viewOf(stores, request, sight);
}

/** `seen`: as far as the person may see it. */
async function considerNow({ engine }: Stores, request: MadeRequest, sight: Sight): Promise<{ readonly considered: Considered; readonly seen: Considered | undefined }> {
  await engine.requests.restore(request);
  const assessment = await engine.requests.assess(request);
  const { conflicts, considered } = assessment;
  if (considered !== undefined) return { considered, seen: approvableIn(sight, assessment) };
  const mine = conflictsIn(sight, conflicts);
  if (mine.length > 0) throw conflictError(mine);
  if (conflicts.length > 0) throw new EngineError('request_conflict', 'Others have changed what this request changes, outside of your part. Its author has to update it.');
  throw new WorkflowError('nothing_to_merge', `main says already all that change request ${request.number} asks for. Close it.`);
}

/** In the audit of the tenant as whose the person agrees. */
function changeOf(caller: Caller, request: MadeRequest, sight: Sight) {
  const tenant = request.tenant ?? (sight === 'whole' ? undefined : sight[0]);
  return changeBy(caller, { action: 'request.approve', subject: '', ...defined({ tenant }) });
}
