import type { ObjectConflict, Plan } from '../../engine/index.ts';
import type { ChangeRequestStatus } from '../../ledger/index.ts';

/**
 * - `up_to_date`: it can be made on the head, field by field
 * - `valid`: by the state rules and the transition rules
 * - `within_limits`: of the tenant's tier and licence
 * - `isolated`: the proof finds no path between tenants
 * - `authorised`: its author may make the change
 * - `approved`: by the policy of one environment; one check for each policy
 */
export type CheckName = 'up_to_date' | 'valid' | 'within_limits' | 'isolated' | 'authorised' | 'approved';

/** One thing that must be so before a request can be merged, and whether it is so now. */
export interface Check {
  readonly name: CheckName;
  /** `pending`: it waits, for people or for another check. */
  readonly state: 'passed' | 'failed' | 'pending';
  /** Sentences for people. */
  readonly reason: string;
  /** Of a policy, and what in the change comes under it. */
  readonly tenant?: string;
  readonly environment?: string;
  readonly because?: readonly string[];
}

export interface Approval {
  readonly person: string;
  readonly approvedAt: string;
  /** Hash of the plan that the person agreed to. */
  readonly planHash: string;
  /** Whether it counts towards a merge now; else why not. */
  readonly counts: boolean;
  readonly reason?: string;
}

/** What is known of a request without asking Git. */
export interface RequestSummary {
  readonly number: number;
  readonly tenant?: string;
  /** Tenants of which alone something is shown, because the reader may see no more; absent: all is shown. */
  readonly part?: readonly string[];
  readonly title: string;
  readonly author: string;
  readonly status: Exclude<ChangeRequestStatus, 'opening'>;
  readonly branch: string;
  readonly commit: string;
  readonly revision: number;
  readonly autoMerge: boolean;
  readonly mergedCommit?: string;
  readonly settledBy?: string;
  readonly createdAt: string;
  readonly updatedAt: string;
  /** Of this record, for If-Match: 64 hex digits. */
  readonly etag: string;
}

/** A request as of now. Checks, approvals and plan are those of the change made on today's head. */
export interface ChangeRequest extends RequestSummary {
  readonly description: string;
  readonly base: string;
  /** The head that the checks are about. */
  readonly head: string;
  readonly checks: readonly Check[];
  readonly approvals: readonly Approval[];
  readonly conflicts: readonly ObjectConflict[];
  readonly mergeable: boolean;
  /** Absent while fields conflict. Of a part, with the hash of the whole. Of a merged or closed request: what it did, or would have done. */
  readonly plan?: Plan;
}
