import { createHash } from 'node:crypto';
import { decide, isOperator, type Subject } from '../../access/index.ts';
import { findChangeRequest, type ChangeRequestRecord } from '../../ledger/index.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import type { RequestSummary } from './request.ts';

/** A record whose branch has been made. */
export type MadeRequest = ChangeRequestRecord & { readonly commit: string; readonly status: RequestSummary['status'] };

export function isMade(record: ChangeRequestRecord | undefined): record is MadeRequest {
  return record !== undefined && record.status !== 'opening' && record.commit !== undefined;
}

/** Throws `not_found`, also for a request of a tenant that the reader may not read. */
export async function findRequest(stores: Pick<Stores, 'engine' | 'ledger'>, reader: Subject, number: number): Promise<MadeRequest> {
  const record = await findChangeRequest(stores.ledger, number);
  if (!isMade(record) || !(await mayRead(stores, reader, record.tenant))) throw new WorkflowError('not_found', `There is no change request ${number} that you may read.`);
  return record;
}

/** Throws `request_settled` besides. */
export async function findOpenRequest(stores: Pick<Stores, 'engine' | 'ledger'>, reader: Subject, number: number): Promise<MadeRequest> {
  const record = await findRequest(stores, reader, number);
  if (record.status !== 'open') throw new WorkflowError('request_settled', `Change request ${number} is ${record.status}${record.settledBy === undefined ? '' : ` (by ${record.settledBy})`}.`);
  return record;
}

/** Requests that concern the platform, or several tenants, are the operators'. */
export async function mayRead({ engine }: Pick<Stores, 'engine'>, subject: Subject, tenant: string | undefined): Promise<boolean> {
  const platform = engine.platform();
  if (tenant === undefined) return isOperator(platform, subject);
  return decide(platform, await engine.tenant(tenant), { subject, tenant, action: 'tenant.read' }).allowed;
}

export function summaryOf(record: MadeRequest): RequestSummary {
  const { number, tenant, title, author, status, commit, revision, autoMerge, mergedCommit, settledBy, createdAt, updatedAt } = record;
  return {
    number, title, author, status, branch: `requests/${number}`, commit, revision, autoMerge,
    ...(tenant === undefined ? {} : { tenant }),
    ...(mergedCommit === undefined ? {} : { mergedCommit }),
    ...(settledBy === undefined ? {} : { settledBy }),
    createdAt: createdAt.toISOString(), updatedAt: updatedAt.toISOString(), etag: etagOf(record),
  };
}

function etagOf({ number, version }: MadeRequest): string {
  return createHash('sha256').update(`change request ${number} ${version}`).digest('hex');
}

/** What the audit says of a request. */
export function saidOf({ number, commit, mergedCommit }: MadeRequest): { readonly resource: string; readonly commit: string } {
  return { resource: `requests/${number}`, commit: mergedCommit ?? commit };
}
