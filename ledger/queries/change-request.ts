import type { Row } from '../ledger.ts';

export type ChangeRequestStatus = 'opening' | 'open' | 'merged' | 'closed';

/** How far a change request has come. What it changes stands in Git. */
export interface ChangeRequestRecord {
  readonly number: number;
  /** Absent when it concerns the platform, or several tenants. */
  readonly tenant?: string;
  /** The tenants whose files it changes, in order of their ids; empty while it is opening. */
  readonly concerns: readonly string[];
  readonly title: string;
  /** `usr_…` or `<tenant>/<service account>`. */
  readonly author: string;
  /** Of the request that opened it. */
  readonly requestId: string;
  readonly status: ChangeRequestStatus;
  /** Absent while it is opening. */
  readonly commit?: string;
  /** From 1; one more with each update of what is requested. */
  readonly revision: number;
  readonly autoMerge: boolean;
  readonly mergeRequest?: string;
  readonly mergedCommit?: string;
  /** Who merged or closed it. */
  readonly settledBy?: string;
  /** One more with each change of this record. */
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

export interface ChangeRequestRow extends Row {
  readonly number: number;
  readonly tenant: string | null;
  readonly concerns: readonly string[];
  readonly title: string;
  readonly author: string;
  readonly request_id: string;
  readonly status: ChangeRequestStatus;
  readonly commit: string | null;
  readonly revision: number;
  readonly auto_merge: boolean;
  readonly merge_request: string | null;
  readonly merged_commit: string | null;
  readonly settled_by: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export function changeRequestOf(row: ChangeRequestRow): ChangeRequestRecord {
  return {
    number: row.number, title: row.title, author: row.author, concerns: row.concerns, requestId: row.request_id, status: row.status, revision: row.revision,
    autoMerge: row.auto_merge, version: row.version, createdAt: row.created_at, updatedAt: row.updated_at,
    ...(row.tenant === null ? {} : { tenant: row.tenant }),
    ...(row.commit === null ? {} : { commit: row.commit }),
    ...(row.merge_request === null ? {} : { mergeRequest: row.merge_request }),
    ...(row.merged_commit === null ? {} : { mergedCommit: row.merged_commit }),
    ...(row.settled_by === null ? {} : { settledBy: row.settled_by }),
  };
}
