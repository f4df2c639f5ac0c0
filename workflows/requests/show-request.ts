import type { Subject } from '../../access/index.ts';
import type { Assessment, Plan } from '../../engine/index.ts';
import { listChangeApprovals, type ChangeApproval } from '../../ledger/index.ts';
import type { Stores } from '../context.ts';
import { findRequest, summaryOf, type MadeRequest } from './find-request.ts';
import { approvableIn, approvalsIn, checksIn, conflictsIn, reasonIn, type Sight } from './part.ts';
import { refusalOf } from './policy.ts';
import type { Approval, ChangeRequest } from './request.ts';

type Needed = Pick<Stores, 'engine' | 'ledger'>;

/** A request as of now. Throws `not_found`, `request_gone`. */
export async function showRequest(stores: Needed, reader: Subject, number: number): Promise<ChangeRequest> {
  const { request, sight } = await findRequest(stores, reader, number);
  return viewOf(stores, request, sight);
}

export async function viewOf(stores: Needed, record: MadeRequest, sight: Sight): Promise<ChangeRequest> {
  const approvals = await listChangeApprovals(stores.ledger, record.number);
  const seen = await approvalsIn(sight, stores.engine, approvals);
  if (record.status !== 'open') return settledView(stores, record, { sight, approvals: seen });
  const assessment = await stores.engine.requests.assess(record, sight === 'whole' ? undefined : sight);
  const { proposal, conflicts, head } = assessment;
  const checks = checksIn(sight, assessment, { author: record.author, approvals });
  const { head: _, ...plan } = approvableIn(sight, assessment)?.plan ?? {};
  return {
    ...summaryOf(record, sight), description: sight === 'whole' ? (proposal.change.body ?? '') : '', base: proposal.base, head, checks,
    conflicts: conflictsIn(sight, conflicts),
    approvals: seen.map((approval) => approvalOf(record.author, approval, assessment, sight)),
    mergeable: checks.every(({ state }) => state === 'passed'),
    ...(assessment.considered === undefined ? {} : { plan: plan as Plan }),
  };
}

async function settledView({ engine }: Needed, record: MadeRequest, { sight, approvals }: { readonly sight: Sight; readonly approvals: readonly ChangeApproval[] }): Promise<ChangeRequest> {
  const head = record.mergedCommit ?? record.commit;
  const { base, change } = await engine.requests.read({ number: record.number, commit: head });
  const whole = await engine.plan(base, head);
  return {
    ...summaryOf(record, sight), description: sight === 'whole' ? (change.body ?? '') : '', base, head, checks: [], conflicts: [], mergeable: false,
    plan: sight === 'whole' ? whole : { ...(await engine.plan(base, head, { tenants: sight })), hash: whole.hash },
    approvals: approvals.map((approval) => ({ ...plainApproval(approval), counts: change.approvedBy?.includes(approval.person) === true })),
  };
}

function approvalOf(author: string, approval: ChangeApproval, assessment: Assessment, sight: Sight): Approval {
  const { considered } = assessment;
  const why = considered === undefined ? 'What the request would do is not known until its conflicts are solved.' : refusalOf(considered, author, approval);
  if (why === undefined) return { ...plainApproval(approval), counts: true };
  const reason = considered === undefined ? why : reasonIn(sight, why, (about) => refusalOf(about, author, approval), approvableIn(sight, assessment));
  return { ...plainApproval(approval), counts: false, reason };
}

function plainApproval({ person, approvedAt, planHash }: ChangeApproval): Omit<Approval, 'counts'> {
  return { person, approvedAt: approvedAt.toISOString(), planHash };
}
