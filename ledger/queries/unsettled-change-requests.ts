import type { Sql } from '../ledger.ts';
import { changeRequestOf } from './change-request.ts';
import type { ChangeRequestRecord, ChangeRequestRow } from './change-request.ts';

/** Those whose branch was being made, or that were being merged: what a crash left, to be settled from Git. */
export async function unsettledChangeRequests(sql: Sql): Promise<readonly ChangeRequestRecord[]> {
  const rows = await sql.query<ChangeRequestRow>("select * from change_requests where status = 'opening' or merge_request is not null order by number");
  return rows.map(changeRequestOf);
}
