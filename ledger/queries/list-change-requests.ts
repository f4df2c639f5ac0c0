import type { Sql } from '../ledger.ts';
import { changeRequestOf } from './change-request.ts';
import type { ChangeRequestRecord, ChangeRequestRow, ChangeRequestStatus } from './change-request.ts';

export interface ChangeRequestFilter {
  /** Only those that concern this tenant. */
  readonly tenant?: string;
  readonly author?: string;
  /** Default: all but those that are opening. */
  readonly status?: ChangeRequestStatus;
  /** Only those that are to merge by themselves, or only the others. */
  readonly autoMerge?: boolean;
  /** Number before which the page begins. */
  readonly before?: number;
  /** At most 1,000. */
  readonly limit?: number;
}

/** Newest first. */
export async function listChangeRequests(sql: Sql, { tenant, author, status, autoMerge, before, limit = 100 }: ChangeRequestFilter): Promise<readonly ChangeRequestRecord[]> {
  const rows = await sql.query<ChangeRequestRow>(
    `select * from change_requests
     where ($1::text is null or concerns @> array[$1::text]) and ($2::text is null or author = $2) and ($3::text is null or status = $3)
       and ($3::text is not null or status <> 'opening') and ($4::integer is null or number < $4)
       and ($6::boolean is null or auto_merge = $6)
     order by number desc limit $5`,
    [tenant ?? null, author ?? null, status ?? null, before ?? null, Math.min(limit, 1000), autoMerge ?? null],
  );
  return rows.map(changeRequestOf);
}
