import { createHash } from 'node:crypto';
import { decide, isOperator, type Subject } from '../../access/index.ts';
import { findChangeRequest, type ChangeRequestRecord } from '../../ledger/index.ts';
import { tenantOfPath } from '../../schemas/index.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import { neutralTitle, type Sight } from './part.ts';
import type { RequestSummary } from './request.ts';

/** A record whose branch has been made. */
export type MadeRequest = ChangeRequestRecord & { readonly commit: string; readonly status: RequestSummary['status'] };

export function isMade(record: ChangeRequestRecord | undefined): record is MadeRequest {
  return record !== undefined && record.status !== 'opening' && record.commit !== undefined;
}

export interface FoundRequest {
  readonly request: MadeRequest;
  /** What of it the reader may see. */
  readonly sight: Sight;
}

/** Throws `not_found`, also for a request that concerns no tenant that the reader may read. */
export async function findRequest(stores: Pick<Stores, 'engine' | 'ledger'>, reader: Subject, number: number): Promise<FoundRequest> {
  const request = await findChangeRequest(stores.ledger, number);
  const sight = isMade(request) ? await sightOf(stores, reader, request) : [];
  if (!isMade(request) || sight.length === 0) throw new WorkflowError('not_found', `There is no change request ${number} that you may read.`);
  return { request, sight };
}

/** Throws `request_settled` besides. */
export async function findOpenRequest(stores: Pick<Stores, 'engine' | 'ledger'>, reader: Subject, number: number): Promise<FoundRequest> {
  const found = await findRequest(stores, reader, number);
  const { status, settledBy } = found.request;
  if (status !== 'open') throw new WorkflowError('request_settled', `Change request ${number} is ${status}${settledBy === undefined ? '' : ` (by ${settledBy})`}.`);
  return found;
}

/**
 * Requests that concern the platform, or several tenants, are the operators'; people of those tenants see their part. Empty:
 * nothing.
 */
async function sightOf({ engine }: Pick<Stores, 'engine'>, subject: Subject, { tenant: owner, concerns }: MadeRequest): Promise<Sight> {
  const platform = engine.platform();
  if (isOperator(platform, subject)) return 'whole';
  const readable: string[] = [];
  for (const tenant of owner === undefined ? concerns : [owner]) {
    if (decide(platform, await engine.tenant(tenant), { subject, tenant, action: 'tenant.read' }).allowed) readable.push(tenant);
  }
  return owner !== undefined && readable.length > 0 ? 'whole' : readable;
}

/** The tenants whose files are changed, in order of their ids. */
export function concernsOf(files: readonly { readonly path: string }[]): readonly string[] {
  return [...new Set(files.flatMap(({ path }) => tenantOfPath(path) ?? []))].sort();
}

export function summaryOf(record: MadeRequest, sight: Sight): RequestSummary {
  const { number, tenant, title, author, status, commit, revision, autoMerge, mergedCommit, settledBy, createdAt, updatedAt } = record;
  return {
    number, title: sight === 'whole' ? title : neutralTitle, author, status, branch: `requests/${number}`, commit, revision, autoMerge,
    ...(sight === 'whole' ? {} : { part: sight }),
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
