import type { Sql } from '../ledger.ts';
import { changeRequestOf } from './change-request.ts';
import type { ChangeRequestRecord, ChangeRequestRow } from './change-request.ts';

export type NewChangeRequest = Pick<ChangeRequestRecord, 'tenant' | 'title' | 'author' | 'requestId' | 'autoMerge'> & { readonly now: Date };

/** Gives a change request its number. The same request of the same author again answers the first record. */
export async function numberChangeRequest(sql: Sql, { tenant, title, author, requestId, autoMerge, now }: NewChangeRequest): Promise<ChangeRequestRecord> {
  const [row] = await sql.query<ChangeRequestRow>(
    `insert into change_requests (tenant, title, author, request_id, auto_merge, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $6)
     on conflict (author, request_id) do update set request_id = excluded.request_id
     returning *`,
    [tenant ?? null, title, author, requestId, autoMerge, now],
  );
  if (row === undefined) throw new TypeError('An insert answered no row.');
  return changeRequestOf(row);
}
