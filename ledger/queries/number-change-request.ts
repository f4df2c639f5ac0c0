import type { Database } from '../ledger.ts';
import { changeRequestOf } from './change-request.ts';
import type { ChangeRequestRecord, ChangeRequestRow } from './change-request.ts';

export interface NewChangeRequest extends Pick<ChangeRequestRecord, 'tenant' | 'title' | 'author' | 'requestId' | 'autoMerge'> {
  /** Numbers up to this one are taken by somebody's hand. */
  readonly after?: number;
  readonly now: Date;
}

/** Any constant; numbers are given one at a time. */
const advisoryLock = 7_221_002;

/** Gives a change request the number after the last one. The same request of the same author again answers the first record. */
export function numberChangeRequest(ledger: Database, { tenant, title, author, requestId, autoMerge, after = 0, now }: NewChangeRequest): Promise<ChangeRequestRecord> {
  return ledger.transaction(async (sql) => {
    await sql.query('select pg_advisory_xact_lock($1)', [advisoryLock]);
    const [row] = await sql.query<ChangeRequestRow>(
      `insert into change_requests (number, tenant, title, author, request_id, auto_merge, created_at, updated_at)
       values ((select greatest(coalesce(max(number), 0), $7::integer) + 1 from change_requests), $1, $2, $3, $4, $5, $6, $6)
       on conflict (author, request_id) do update set request_id = excluded.request_id
       returning *`,
      [tenant ?? null, title, author, requestId, autoMerge, now, after],
    );
    if (row === undefined) throw new TypeError('An insert answered no row.');
    return changeRequestOf(row);
  });
}
