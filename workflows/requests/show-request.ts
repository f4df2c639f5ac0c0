import type { Subject } from '../../access/index.ts';
import { listChangeApprovals, type ChangeApproval } from '../../ledger/index.ts';
import type { Stores } from '../context.ts';
import { checksOf } from './checks.ts';
import { findRequest, summaryOf, type MadeRequest } from './find-request.ts';
import { refusalOf, type Approvable } from './policy.ts';
import type { Approval, ChangeRequest } from './request.ts';

type Needed = Pick<Stores, 'engine' | 'ledger'>;

/** A request as of now. Throws `not_found`, `request_gone`. */
export async function showRequest(stores: Needed, reader: Subject, number: number): Promise<ChangeRequest> {
  return viewOf(stores, await findRequest(stores, reader, number));
}

export async function viewOf(stores: Needed, record: MadeRequest): Promise<ChangeRequest> {
  const approvals = await listChangeApprovals(stores.ledger, record.number);
  if (record.status !== 'open') return settledView(stores, record, approvals);
  const assessment = await stores.engine.requests.assess(record);
  const checks = checksOf(assessment, record.author, approvals);
  const { proposal, considered, conflicts, head } = assessment;
  const { head: _, ...plan } = considered?.plan ?? {};
  return {
    ...summaryOf(record), description: proposal.change.body ?? '', base: proposal.base, head, checks, conflicts,
    approvals: approvals.map((approval) => approvalOf(record.author, approval, considered)),
    mergeable: checks.every(({ state }) => state === 'passed'),
    ...(considered === undefined ? {} : { plan: plan as typeof considered.plan }),
  };
}

async function settledView({ engine }: Needed, record: MadeRequest, approvals: readonly ChangeApproval[]): Promise<ChangeRequest> {
  const head = record.mergedCommit ?? record.commit;
  const { base, change } = await engine.requests.read({ number: record.number, commit: head });
  return {
    ...summaryOf(record), description: change.body ?? '', base, head, checks: [], conflicts: [], mergeable: false, plan: await engine.plan(base, head),
    approvals: approvals.map((approval) => ({ ...plainApproval(approval), counts: change.approvedBy?.includes(approval.person) === true })),
  };
}

function approvalOf(author: string, approval: ChangeApproval, about: Approvable | undefined): Approval {
  const reason = about === undefined ? 'What the request would do is not known until its conflicts are solved.' : refusalOf(about, author, approval);
  return { ...plainApproval(approval), counts: reason === undefined, ...(reason === undefined ? {} : { reason }) };
}

function plainApproval({ person, approvedAt, planHash }: ChangeApproval): Omit<Approval, 'counts'> {
  return { person, approvedAt: approvedAt.toISOString(), planHash };
}
