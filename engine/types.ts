import type { Document } from 'yaml';
import type { ApprovalPolicy, ChangedBy, KindName, Kinds, Loaded, ObjectRef, PlatformState, Problem, TenantState } from '../schemas/index.ts';
import type { Opening } from '../synth/types.ts';
import type { ObjectReader } from './git/object-store.ts';
import type { RequestBranches } from './requests/types.ts';

export type RefusedOpening = Opening;

/** Through which door a change came in; `push`: by Git, past the API. */
export type Door = 'api' | 'cli' | 'web' | 'push' | 'platform';

/** Who changes what, and through which door; ends up as author and trailers of the commit. */
export interface Change {
  /** Dotted verb, such as `app.deploy`; trailer `Cameleer-Action`. */
  readonly action: string;
  /** `usr_…` or a service account's `<tenant>/<name>`; trailer `Cameleer-Actor` and, opaque, the author. */
  readonly actor: string;
  readonly door: Door;
  /** Trailer `Request-Id`; a repeated request finds its commit by it. */
  readonly requestId: string;
  readonly tenant?: string;
  readonly environment?: string;
  readonly application?: string;
  /** Subject line, imperative, at most 72 characters: `Deploy acme/orders v3 to dev`. */
  readonly subject: string;
  /** Body, wrapped by the caller; may be empty. */
  readonly body?: string;
  /** Trailer `Change-Request`: the number of the request that this is, or merges. */
  readonly changeRequest?: number;
  /** Trailer `Plan-Hash`, after `sha256:`: the hash of the plan from the commit's parent to the commit, to which people agreed. */
  readonly planHash?: string;
  /** Trailers `Approved-By`. */
  readonly approvedBy?: readonly string[];
}

/** What an intent may do to the state; every path is of a file that holds one object. */
export interface Draft {
  /** Platform files as of the head that the intent runs on. */
  readonly platform: PlatformState;
  /** The tenant as of the head, with the draft's own edits not applied. */
  tenant(id: string): Promise<TenantState | undefined>;
  /** Edits the YAML document in place, so that comments, order and quoting survive; the object must exist. */
  edit(ref: ObjectRef, change: (document: Document) => void): Promise<void>;
  /** Writes the file whole (text as given). */
  put(path: string, text: string): void;
  delete(ref: ObjectRef): void;
}

export interface Precondition {
  readonly ref: ObjectRef;
  /** Blob id that the caller read; `null`: the object must not exist. */
  readonly etag: string | null;
}

/** A write: a function from a state to a state. It may run more than once, so it must not have other effects. */
export interface Intent {
  readonly change: Change;
  /** Whose change the transition rules see; default: the platform's for door `platform`, an operator's for `push` and for operators of platform.yaml, else the tenant's. */
  readonly by?: ChangedBy;
  readonly preconditions?: readonly Precondition[];
  apply(draft: Draft): Promise<void>;
  /** Approval policies don't refuse it: `confirm` asks for the approvals, or it only becomes a change request. */
  readonly approved?: boolean;
  /**
   * Called with what the intent comes to on the head that its commit will stand on. Answers with the change as it shall be
   * committed, or throws an `EngineError`. Runs again when the swap is lost.
   */
  confirm?(considered: Considered): Promise<Change>;
}

/** The state that a change is judged by: before it. */
export interface StateBefore {
  readonly platform: PlatformState;
  readonly tenants: ReadonlyMap<string, TenantState | undefined>;
}

/** A tenant's approval policy that a change comes under. */
export interface TenantApprovalPolicy extends ApprovalPolicy {
  readonly tenant: string;
}

/** What a change comes to on a head, before anything is written. */
export interface Considered {
  /** The head. */
  readonly base: string;
  readonly files: readonly FileChange[];
  readonly before: StateBefore;
  /** As `Engine.plan` will make it of the commit and its parent. */
  readonly plan: Plan;
  readonly policies: readonly TenantApprovalPolicy[];
}

/** Commits that somebody wants to be on `main`. */
export interface Push {
  /** Who pushes; its actor is asked for each changed file. The commits keep their own authors and messages. */
  readonly change: Change;
  /** `main` as the client saw it, and as it shall be. */
  readonly before: string;
  readonly after: string;
  /** Reads the repository's objects and those that the push brought. */
  readonly objects: ObjectReader;
  /** Makes the objects that the push brought the repository's, durably; called when nothing is wrong with them. */
  keep(): Promise<void>;
}

export interface FileChange {
  readonly path: string;
  readonly ref: ObjectRef | undefined;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** Decides whether the change may happen; called with the state before it. Throws an `EngineError` when it may not. */
export type Authorize = (change: Change, files: readonly FileChange[], before: StateBefore) => void | Promise<void>;

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
  /** Unified difference of the texts, when it was asked for; of a Secret only that it differs. */
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

/** What a revert leaves alone unless it is named. `members` are people and service accounts. */
export type RevertGroup = 'members' | 'roles' | 'sso' | 'lifecycle' | 'licence' | 'platform';

/** Absent: everything of all tenants and, with `include`, of the platform. */
export interface RevertScope {
  readonly tenant?: string;
  readonly environment?: string;
  readonly application?: string;
}

/** About a field that has changed again since: take it back all the same, or leave it as it is. */
export type RevertChoice = 'revert' | 'keep';
/** One choice for all, or one for each `<path>#<pointer>`; the pointer of a whole file is empty. */
export type RevertTake = RevertChoice | Readonly<Record<string, RevertChoice>>;

/**
 * Encrypts an old secret to the present recipients; `key`: the text of the key.yaml that it was encrypted to. Answers with
 * `current` when that holds the same values, with `undefined` when the old file can not be opened.
 */
export type Reencrypt = (secret: { readonly ref: ObjectRef<'Secret'>; readonly text: string; readonly current: string | undefined; readonly key: string; readonly recipients: readonly string[] }) => Promise<string | undefined>;

export interface RevertRequest {
  /** A commit; the commits after `base` up to `head`, together; or the state as of a commit. Full ids of commits on `main`. */
  readonly what: { readonly commit: string } | { readonly base: string; readonly head: string } | { readonly asOf: string };
  readonly scope: RevertScope;
  readonly include?: readonly RevertGroup[];
  readonly take?: RevertTake;
  readonly reencrypt?: Reencrypt;
}

export interface LeftAlone {
  readonly path: string;
  readonly because: string;
  /** The group by which it would be reverted too. */
  readonly include?: RevertGroup;
}

export interface Revert {
  /** For `write` or `preview`. */
  readonly intent: Intent;
  /** What the change touched besides, in path order; of a state as of a commit what there was besides. */
  readonly leftAlone: readonly LeftAlone[];
}

export interface WriteResult {
  /** The commit; equals `base` when the intent changed nothing. */
  readonly commit: string;
  readonly base: string;
  readonly changed: boolean;
  readonly plan: Plan;
  /** New blob id of each written object, by path; `null` for deleted ones. */
  readonly etags: ReadonlyMap<string, string | null>;
}

export interface Quarantine {
  readonly tenant: string;
  /** Last good commit whose tree of the tenant is in force. */
  readonly commit: string;
  readonly problems: readonly Problem[];
}

export interface HistoryEntry {
  readonly commit: string;
  readonly parents: readonly string[];
  readonly author: string;
  readonly time: string;
  readonly subject: string;
  /** Empty unless the platform signed the commit: who pushes one can write anything there. */
  readonly trailers: ReadonlyMap<string, readonly string[]>;
  /** Commits that the message says it reverts (`This reverts commit …`), as written there. */
  readonly reverts?: readonly string[];
  /** Signature of the platform on this commit, by the key that verified it. */
  readonly signature: 'platform' | 'none' | 'invalid';
}

/** What commits of `main` must have in common, all of it. */
export interface HistoryFilter {
  /** That changed this object; without `tenant`, `environment`, `application`. */
  readonly ref?: ObjectRef;
  /** That changed a file of the tenant. */
  readonly tenant?: string;
  /** Of the tenant. */
  readonly environment?: string;
  /** Of the tenant: the application's own files, its deployments and holds. */
  readonly application?: string;
  /** By this author: `usr_…`, `<tenant>/<service account>`, or the name that a pushed commit gives. */
  readonly actor?: string;
  /** Trailer `Cameleer-Action` of a commit that the platform signed. */
  readonly action?: string;
  /** Made at or after it. When a commit counts as made: see `history/history-index.ts`. */
  readonly from?: Date;
  /** Made before it. */
  readonly to?: Date;
  /** Default 50, at most 1,000. */
  readonly limit?: number;
  /** A commit: those before it. It stays right while commits arrive, and after `main` was rewritten. */
  readonly before?: string;
}

/** The state as it was in force at a commit of `main`: a tenant that was quarantined then as of its last good tree. */
export interface PastState {
  readonly commit: string;
  /** When the commit counts as made. */
  readonly time: string;
  /** Tenant (or `platform.yaml`) → its last good commit. */
  readonly quarantines: ReadonlyMap<string, string>;
  platform(): PlatformState;
  tenantIds(): readonly string[];
  tenant(id: string): Promise<TenantState | undefined>;
  get<K extends KindName>(ref: ObjectRef<K>): Promise<Loaded<K> | undefined>;
}

/** What an auditor wants to know of a commit. */
export interface AuditRecord extends HistoryEntry {
  /** When the commit counts as made. */
  readonly at: string;
  /** Changed files, of the tenant alone when the question was about one. */
  readonly paths: readonly string[];
  /** What the platform's checks came to: taken over, or a tenant (or the platform's files) held at its last good tree. */
  readonly verdict: 'accepted' | 'quarantined';
  /** In force after it: tenant (or `platform.yaml`) and its last good commit. */
  readonly quarantines: readonly { readonly tenant: string; readonly commit: string }[];
  /** Commits of cells that show it. */
  readonly rendered: readonly { readonly cell: string; readonly commit: string }[];
}

/** A field of an object, and the commit that gave it its value. */
export interface BlamedField {
  /** RFC 6901; a list is one field. */
  readonly pointer: string;
  /** Secrets masked as `***`. */
  readonly value: unknown;
  readonly entry: HistoryEntry;
}

/** The head that answers are given from; `cells` name the rendered commit of each cell. */
export interface Head {
  readonly commit: string;
  readonly cells: ReadonlyMap<string, string>;
  readonly quarantines: ReadonlyMap<string, Quarantine>;
}

export interface Engine {
  head(): Head;
  platform(): PlatformState;
  tenantIds(): readonly string[];
  /** Effective state: a quarantined tenant as of its last good tree. */
  tenant(id: string): Promise<TenantState | undefined>;
  get<K extends KindName>(ref: ObjectRef<K>): Promise<Loaded<K> | undefined>;
  /** Blob id of the object's file on `main`: what a write names. Of a quarantined tenant it is not that of what is in force. */
  etag(ref: ObjectRef): Promise<string | undefined>;
  /** Validates, authorises, proves, commits, renders. Throws `EngineError`; a thrown write has changed nothing. */
  write(intent: Intent): Promise<WriteResult>;
  /** The write loop takes a list from the first day: results in order, a refused one does not stop the others. */
  writeAll(intents: readonly Intent[]): Promise<readonly PromiseSettledResult<WriteResult>[]>;
  /**
   * Takes over what a push brought, all of it or nothing, by the rules of a write. Answers with the commits that are new on
   * `main`, oldest first. Throws `push_outdated`, `not_fast_forward`, and what `write` throws.
   */
  push(push: Push): Promise<readonly string[]>;
  /** What the intent would do; writes nothing. */
  preview(intent: Intent, options?: PlanOptions): Promise<Plan>;
  /** Throws `not_found`. */
  plan(base: string, head: string, options?: PlanOptions): Promise<Plan>;
  /** Throws `not_found`, `nothing_to_revert`; see `history/revert.ts`. */
  revert(request: RevertRequest, change: Omit<Change, 'subject'>): Promise<Revert>;
  /** One commit by its full id, whatever branch it is on. */
  commit(id: string): Promise<HistoryEntry | undefined>;
  /** The last commit of `main` at that time; `undefined` before the first. */
  commitAsOf(time: Date): Promise<string | undefined>;
  /** Commits of `main` along first parents, newest first. Throws `not_found` for an unknown `before`. */
  history(filter: HistoryFilter): Promise<readonly HistoryEntry[]>;
  /** The state as of a time, or at a commit of `main`. Throws `not_found` before the first commit, and for a commit that is not on `main`. */
  past(at: Date | string): Promise<PastState>;
  /** The same commits as `history`, with what an auditor wants to know of each. Throws what `history` throws. */
  auditRecords(filter: HistoryFilter): Promise<readonly AuditRecord[]>;
  /** Who set each field of an object, as it is or as of then. Throws `not_found`, and what `past` throws. */
  blame(ref: ObjectRef, at?: Date | string): Promise<readonly BlamedField[]>;
  diff(base: string, head: string): Promise<readonly ObjectChange[]>;
  findRequest(requestId: string): Promise<string | undefined>;
  /** Whether a commit is on `main`. */
  isOnMain(commit: string): Promise<boolean>;
  /** Change requests, as branches of the state repository. */
  readonly requests: RequestBranches;
  /** The last commit that changed the object. */
  lastChange(ref: ObjectRef): Promise<HistoryEntry | undefined>;
  /** The commit of `cells/<cell>` that a commit of `main` led to; `undefined` when that cell did not change with it. */
  renderedFrom(cell: string, commit: string): Promise<string | undefined>;
  /** The rendered tree of a cell at a rendered commit (default: its head). */
  cell(name: string, commit?: string): Promise<RenderedCell | undefined>;
  /**
   * A bare repository of its own that holds only what its readers may know, brought up to the head: the folder of a cell's or a
   * tenant's publication. `undefined` when there is no such cell or there never was such a tenant.
   */
  publication(of: { readonly cell: string } | { readonly tenant: string }): Promise<string | undefined>;
  /** Shows everything that was committed up to now when it resolves. Throws when a Git host can't be asked. */
  look(): Promise<void>;
  /** Somebody says that `main` may have moved: looks soon. Hints that come together make one look. */
  lookSoon(): void;
  /** Called after `main` or a cell moved, whoever moved it. */
  onChange(listener: (head: Head) => void): () => void;
  close(): Promise<void>;
}

export interface RenderedCell {
  readonly cell: string;
  readonly commit: string;
  readonly sourceCommit: string;
  readonly synthVersion: string;
  /** Path → blob id, of the files below the prefix. */
  files(prefix?: string): Promise<ReadonlyMap<string, string>>;
  /** Git tree id of a folder, such as `tenants/ac/acme/prod`; the way to compare revisions. */
  tree(path: string): Promise<string | undefined>;
  read(path: string): Promise<Uint8Array>;
}

export type { Kinds };
