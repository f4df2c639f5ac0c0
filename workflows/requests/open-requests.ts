import { listChangeRequests, type ChangeRequestRecord, type Sql } from '../../ledger/index.ts';
import { isMade, type MadeRequest } from './find-request.ts';

const page = 200;

/** All open requests, oldest first, however many there are. `autoMerge`: those that are to merge by themselves. */
export async function openRequests(ledger: Sql, filter: { readonly autoMerge?: boolean } = {}): Promise<readonly MadeRequest[]> {
  const found: ChangeRequestRecord[] = [];
  for (;;) {
    const last = found.at(-1);
    const next = await listChangeRequests(ledger, { ...filter, status: 'open', limit: page, ...(last === undefined ? {} : { before: last.number }) });
    found.push(...next);
    if (next.length < page) return found.filter(isMade).reverse();
  }
}
