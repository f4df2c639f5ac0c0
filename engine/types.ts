import type { KindName, Loaded, ObjectRef, PlatformState, Problem, TenantState } from '../schemas/index.ts';
import type { Change } from './change.ts';
import type { AuditRecord, BlamedField, HistoryEntry, HistoryFilter, PastState, Revert, RevertRequest } from './history/types.ts';
import type { Intent, Push, WriteResult } from './intent.ts';
import type { ObjectChange, Plan, PlanOptions } from './plan/types.ts';
import type { RequestBranches } from './requests/types.ts';

/** The head that answers are given from; `cells` name the rendered commit of each cell. */
export interface Head {
  readonly commit: string;
  readonly cells: ReadonlyMap<string, string>;
  readonly quarantines: ReadonlyMap<string, Quarantine>;
}

export interface Quarantine {
  readonly tenant: string;
  /** Last good commit whose tree of the tenant is in force. */
  readonly commit: string;
  readonly problems: readonly Problem[];
}

export interface Engine {
  head(): Head;
  platform(): PlatformState;
  tenantIds(): readonly string[];
  /** Tenants in which that object is in force, in order. Loads no tenant: it reads the folders on the way to the object. */
  tenantsWith(object: Omit<ObjectRef, 'tenant'>): Promise<readonly string[]>;
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
  /** Throws `not_found`, and `invalid` for what is too large to be read. */
  plan(base: string, head: string, options?: PlanOptions): Promise<Plan>;
  /** Throws `not_found`, `nothing_to_revert`; see `history/revert.ts`. */
  revert(request: RevertRequest, change: Omit<Change, 'subject'>): Promise<Revert>;
  /** One commit by its full id, whatever branch it is on. `reader`, here and below: the tenant whose people read the answer, who are told nothing of others. */
  commit(id: string, reader?: string): Promise<HistoryEntry | undefined>;
  /** The last commit of `main` at that time; `undefined` before the first. */
  commitAsOf(time: Date): Promise<string | undefined>;
  /** Commits of `main` along first parents, newest first. Throws `not_found` for an unknown `before`. */
  history(filter: HistoryFilter, reader?: string): Promise<readonly HistoryEntry[]>;
  /**
   * Commits of `main` after one, along first parents, oldest first: the newest `limit` of them, also when that one is not there. Asks
   * no index: it follows `main` at the cost of what is new.
   */
  since(commit: string | undefined, limit: number): Promise<readonly HistoryEntry[]>;
  /** The state as of a time, or at a commit of `main`. Throws `not_found` before the first commit, and for a commit that is not on `main`. */
  past(at: Date | string): Promise<PastState>;
  /** The same commits as `history`, with what an auditor wants to know of each. Throws what `history` throws. */
  auditRecords(filter: HistoryFilter, reader?: string): Promise<readonly AuditRecord[]>;
  /** Who set each field of an object, as it is or as of then. Throws `not_found`, and what `past` throws. */
  blame(ref: ObjectRef, at?: Date | string, reader?: string): Promise<readonly BlamedField[]>;
  /** Throws what `plan` throws. */
  diff(base: string, head: string): Promise<readonly ObjectChange[]>;
  findRequest(requestId: string): Promise<string | undefined>;
  /** Whether a commit is on `main`. */
  isOnMain(commit: string): Promise<boolean>;
  /** Change requests, as branches of the state repository. */
  readonly requests: RequestBranches;
  /** The last commit that changed the object. */
  lastChange(ref: ObjectRef, reader?: string): Promise<HistoryEntry | undefined>;
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
  /** Called after `main` or a cell moved, whoever moved it. What a listener throws is told to `onError`. */
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
