import { isOperator, type Subject } from '../../access/index.ts';
import { EngineError } from '../../engine/index.ts';
import { listChangeRequests } from '../../ledger/index.ts';
import type { Stores } from '../context.ts';
import { isMade, summaryOf, type MadeRequest } from './find-request.ts';
import type { Sight } from './part.ts';
import type { RequestSummary } from './request.ts';

export interface RequestFilter {
  /** Absent: of all tenants and of the platform, for operators. */
  readonly tenant?: string;
  readonly status?: RequestSummary['status'];
  readonly author?: string;
  /** Number before which the page begins. */
  readonly before?: number;
  readonly limit: number;
}

/** Newest first, with the cursor of the next page. Throws `not_authorised`. Whether the reader may read the tenant is asked before. */
export async function listRequests(stores: Pick<Stores, 'engine' | 'ledger'>, reader: Subject, filter: RequestFilter): Promise<{ readonly requests: readonly RequestSummary[]; readonly next?: number }> {
  const operator = isOperator(stores.engine.platform(), reader);
  if (filter.tenant === undefined && !operator) throw new EngineError('not_authorised', 'Only operators list the requests of all tenants. Name a tenant.');
  const found = await listChangeRequests(stores.ledger, { ...filter, limit: filter.limit + 1 });
  const sight = ({ tenant }: MadeRequest): Sight => (tenant !== undefined || filter.tenant === undefined || operator ? 'whole' : [filter.tenant]);
  const requests = found.slice(0, filter.limit).filter(isMade).map((record) => summaryOf(record, sight(record)));
  const last = requests.at(-1);
  return { requests, ...(found.length > filter.limit && last !== undefined ? { next: last.number } : {}) };
}
