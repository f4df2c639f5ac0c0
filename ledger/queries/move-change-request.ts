import type { Sql } from '../ledger.ts';
import { changeRequestOf } from './change-request.ts';
import type { ChangeRequestRecord, ChangeRequestRow } from './change-request.ts';

export interface ChangeRequestMove extends Partial<Pick<ChangeRequestRecord, 'title' | 'status' | 'commit' | 'concerns' | 'revision' | 'autoMerge'>> {
  /** `null` takes it away. */
  readonly mergeRequest?: string | null;
  readonly mergedCommit?: string;
  readonly settledBy?: string | null;
  readonly now: Date;
}

/** Changes the record when it still has the version; `undefined` when somebody else changed it first. */
export async function moveChangeRequest(sql: Sql, { number, version }: Pick<ChangeRequestRecord, 'number' | 'version'>, move: ChangeRequestMove): Promise<ChangeRequestRecord | undefined> {
  const { title, status, commit, concerns, revision, autoMerge, mergeRequest, mergedCommit, settledBy, now } = move;
  const [row] = await sql.query<ChangeRequestRow>(
    `update change_requests set
       title = coalesce($3, title), status = coalesce($4, status), commit = coalesce($5, commit), revision = coalesce($6, revision), auto_merge = coalesce($7, auto_merge),
       merge_request = case when $8 then $9 else merge_request end, merged_commit = coalesce($10, merged_commit),
       settled_by = case when $11 then $12 else settled_by end, updated_at = $13, concerns = coalesce($14, concerns), version = version + 1
     where number = $1 and version = $2 returning *`,
    [
      number, version, title ?? null, status ?? null, commit ?? null, revision ?? null, autoMerge ?? null,
      mergeRequest !== undefined, mergeRequest ?? null, mergedCommit ?? null, settledBy !== undefined, settledBy ?? null, now, concerns ?? null,
    ],
  );
  return row && changeRequestOf(row);
}
