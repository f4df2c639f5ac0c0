import type { ObjectRef, Problem } from '../../schemas/index.ts';

/** A changed field: RFC 6901 pointer; secrets masked as `***`. */
export interface FieldChange {
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

/** A field on which two changes disagree: as both found it, as it is now, as the refused write would have it. */
export interface FieldConflict {
  readonly pointer: string;
  readonly base?: unknown;
  readonly theirs?: unknown;
  readonly mine?: unknown;
}

export interface ObjectChange {
  readonly ref: ObjectRef | undefined;
  readonly path: string;
  readonly change: 'added' | 'modified' | 'deleted';
  readonly fields: readonly FieldChange[];
}

export interface RenderedChange {
  readonly cell: string;
  readonly path: string;
  readonly change: 'added' | 'modified' | 'deleted';
  /** `apps/v1/Deployment t-acme--dev/orders`, the objects of the file that change. */
  readonly objects: readonly string[];
  /** Unified difference of the texts, when it was asked for; of a Secret only that it differs. Of very different texts it is all of both. */
  readonly diff?: string;
}

/** Data that the change deletes, cuts or makes unreadable, or that does not move along. */
export interface DataAtRisk {
  readonly tenant: string;
  /** What holds it: `helm.toolkit.fluxcd.io/v2/HelmRelease t-acme`, or the path of an object of the state. */
  readonly object: string;
  readonly effect: 'deleted' | 'not_moved' | 'shortened' | 'unreadable';
  /** Whose and what: `observability data of acme`. */
  readonly data: string;
}

export interface Risk {
  /** `privilege_added`, `stateful_deletion`, `data_at_risk`, `isolation_widened`, `cross_tenant`, `tier_limit_near`, `held`, `not_enforced_yet`. */
  readonly code: string;
  readonly message: string;
  /** Whom it is about; absent for the platform. */
  readonly tenant?: string;
  /** What it is about, without the words: part of the hash. */
  readonly subject: string;
}

/** What deployments reserve, summed over their replicas. */
export interface ReservedResources {
  readonly cores: number;
  readonly memoryGiB: number;
}

/** What the tenants that change reserve, and what that costs by the prices of their tiers. */
export interface CostEffect {
  readonly before: ReservedResources;
  readonly after: ReservedResources;
  /** For a month of 730 hours, rounded to cents; only what is priced. */
  readonly perMonth: readonly { readonly currency: string; readonly before: number; readonly after: number }[];
  /** What has no price here, and for how many tenants. */
  readonly unknown: readonly { readonly because: string; readonly tenants: number }[];
}

export interface ChangeCounts {
  readonly added: number;
  readonly modified: number;
  readonly deleted: number;
}

/** The whole change in numbers, however many pages the plan has. */
export interface PlanSummary {
  readonly tenants: number;
  readonly namespaces: number;
  readonly objects: ChangeCounts;
  readonly rendered: ChangeCounts;
  readonly workloads: { readonly created: number; readonly restarted: number; readonly scaled: number; readonly deleted: number };
  readonly data: number;
  /** Code → how many. */
  readonly risks: Readonly<Record<string, number>>;
  /** Problems that are errors, and paths between tenants that would open: a write of it would be refused. */
  readonly errors: number;
  /** Those with the most workloads concerned first, at most ten. */
  readonly largest: readonly { readonly tenant: string; readonly workloads: number; readonly rendered: number }[];
}

export interface PlanOptions {
  /** Cursor: `next` of the page before. */
  readonly after?: string;
  /** How many tenants a page shows; default 50. */
  readonly limit?: number;
  /** Only what the change does to these tenants: numbers, cost and hash are of that part as well, and nothing else is looked at. */
  readonly tenants?: readonly string[];
  /** With the differences of the rendered texts. */
  readonly rendered?: boolean;
}

/**
 * What a change does. The lists show the platform's part and a page of tenants in the order of their ids; `summary`, `cost`
 * and `hash` are of the whole change.
 */
export interface Plan {
  /** Commit ids; `head` is absent for a change that has not been committed. */
  readonly base: string;
  readonly head?: string;
  readonly summary: PlanSummary;
  readonly objects: readonly ObjectChange[];
  readonly rendered: readonly RenderedChange[];
  readonly blastRadius: {
    readonly tenants: readonly string[];
    readonly namespaces: readonly string[];
    /** `t-acme--dev/orders` */
    readonly restarted: readonly string[];
    readonly scaled: readonly string[];
    readonly created: readonly string[];
    readonly deleted: readonly string[];
    readonly data: readonly DataAtRisk[];
  };
  readonly risks: readonly Risk[];
  readonly cost: CostEffect;
  readonly problems: readonly Problem[];
  /** Cursor of the next page. */
  readonly next?: string;
  /** SHA-256 over what the change does, see `plan/plan-hash.ts`; the same for every page. Approvals are bound to it. */
  readonly hash: string;
}
