// What the HTTP API answers, as far as this room reads it.
import type { HistoryEntry, Plan } from '../../engine/index.ts';
import type { Release } from '../../schemas/types.ts';
import type { ChangeRequest, RequestSummary } from '../../workflows/requests/request.ts';
import type { Problem } from '../../schemas/problem.ts';

/** A part of the request that is wrong: `/body/…`, `/query/…`, `/header/…`. */
export interface RequestProblem {
  readonly pointer: string;
  readonly message: string;
}

export interface ConflictAnswer {
  readonly path?: string;
  readonly fields: readonly { readonly pointer: string; readonly base?: unknown; readonly theirs?: unknown; readonly mine?: unknown }[];
}

/** RFC 9457, with this product's fields. */
export interface ProblemAnswer {
  readonly title?: string;
  readonly status?: number;
  readonly code?: string;
  readonly detail?: string;
  readonly next?: string;
  readonly requestId?: string;
  readonly problems?: readonly (Problem | RequestProblem)[];
  readonly openings?: readonly { readonly message: string }[];
  readonly conflict?: ConflictAnswer;
  readonly conflicts?: readonly ConflictAnswer[];
}

export interface CellToken {
  readonly id: string;
  readonly description: string;
  readonly createdAt: string;
  readonly revokedAt?: string;
}

export interface NewCellToken extends CellToken {
  readonly cell: string;
  readonly token: string;
}

export interface WhoAmI {
  readonly subject: { readonly kind: string; readonly id?: string; readonly tenant?: string; readonly name?: string };
  readonly operator?: boolean;
  readonly auditor?: boolean;
  readonly tenants?: readonly { readonly tenant: string; readonly roles: readonly string[] }[];
  readonly stateRepository?: string;
}

/** A change request as the API shows it. */
export type RequestAnswer = ChangeRequest;
/** A page of change requests; `next` is the cursor of the one after it. */
export interface RequestsAnswer { readonly requests: readonly RequestSummary[]; readonly next?: number }

/** What a write answers that became a change request. */
export interface RequestedAnswer {
  readonly request: RequestAnswer;
}

/** What a dry run answers. */
export interface PlannedAnswer {
  readonly plan: Plan;
  /** Policies under which it would become a change request. */
  readonly approvals?: readonly { readonly tenant: string; readonly environment: string; readonly count: number; readonly roles?: readonly string[] }[];
}

export interface WriteAnswer {
  readonly commit: string;
  readonly base: string;
  readonly changed: boolean;
  readonly objects: readonly { readonly path: string; readonly etag: string | null }[];
  readonly plan?: Plan;
  /** Why a change that is committed has no plan. */
  readonly planMissing?: { readonly code: string; readonly message: string };
  readonly links?: Readonly<Record<string, string>>;
}

export interface LeftAlone {
  readonly path: string;
  readonly because: string;
  readonly include?: string;
}

export interface RevertAnswer extends WriteAnswer {
  readonly leftAlone: readonly LeftAlone[];
}

export interface ReleaseAnswer extends WriteAnswer {
  readonly release: Release;
  readonly created: boolean;
}

export interface ObjectAnswer {
  readonly object: { readonly kind: string; readonly metadata: { readonly name: string }; readonly spec: Readonly<Record<string, unknown>> };
  readonly etag: string;
  readonly path: string;
  readonly notices?: readonly Notice[];
}

export type Health = 'progressing' | 'ready' | 'failed' | 'stalled' | 'suspended' | 'unknown';

export interface PodStatus {
  readonly name: string;
  readonly phase: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly startedAt?: string;
  readonly message?: string;
}

export interface StatusAnswer {
  readonly tenant: string;
  readonly environment: string;
  readonly application: string;
  readonly desired: { readonly release: string; readonly replicas: number; readonly stopped: boolean; readonly hold?: HoldAnswer };
  readonly observed: {
    readonly health: Health;
    readonly reason?: string;
    readonly message?: string;
    readonly since?: string;
    readonly readyReplicas?: number;
    readonly pods: readonly PodStatus[];
  };
  readonly addresses?: readonly { readonly name: string; readonly port: number; readonly url: string }[];
  readonly notEnforced?: readonly string[];
  readonly notices?: readonly Notice[];
}

/** Something to know that is no error. */
export interface Notice {
  readonly code: string;
  readonly message: string;
}

export interface HoldAnswer {
  readonly reason?: string;
  readonly by?: string;
  readonly until?: string;
}

export interface ProofLink {
  readonly name: string;
  readonly state: 'ok' | 'missing' | 'absent';
  readonly value?: string;
  readonly message?: string;
  readonly since?: string;
}

export interface ProofAnswer {
  readonly tenant?: string;
  readonly application: string;
  readonly environment: string;
  readonly live: boolean;
  readonly links: readonly ProofLink[];
  readonly notices?: readonly Notice[];
}

/** A history entry over HTTP: its trailers are a plain object. */
export type HistoryItem = Omit<HistoryEntry, 'trailers'> & { readonly trailers: Readonly<Record<string, readonly string[]>> };

export interface HistoryAnswer {
  readonly entries: readonly HistoryItem[];
  readonly next?: string;
  readonly notices?: readonly Notice[];
}
