import type { Problem } from '../../schemas/index.ts';
import type { Opening } from '../../synth/types.ts';
import type { Change, FileChange } from '../change.ts';
import type { ObjectConflict } from '../engine-error.ts';
import type { ObjectReader } from '../git/object-store.ts';
import type { Considered, Intent } from '../intent.ts';
import type { Plan } from '../plan/types.ts';

/** A change request in the state repository: the last commit of `refs/heads/requests/<number>`. */
export interface RequestRef {
  readonly number: number;
  readonly commit: string;
}

/** What a request asks for: the difference between its commit and `base`, which was the head of `main` when the commit was made. */
export interface Proposal extends RequestRef {
  readonly base: string;
  readonly change: Change;
  readonly files: readonly FileChange[];
}

/** What the request comes to on the head of this moment. */
export interface Assessment {
  readonly proposal: Proposal;
  /** The head. */
  readonly head: string;
  /** The commit of `main` that merged it. */
  readonly merged: string | undefined;
  /** Fields that others have changed since; then nothing below is known. */
  readonly conflicts: readonly ObjectConflict[];
  /** Files that others have changed since, so that comments and layout which the request changes in them are left out. */
  readonly commentsLeft: readonly string[];
  /** `undefined` when `main` says already what the request asks for. */
  readonly considered: Considered | undefined;
  /** The plan of the tenants that were asked about, and of nothing else. */
  readonly part: Plan | undefined;
  /** Errors by the rules, but for those of approval policies. */
  readonly problems: readonly Problem[];
  /** Paths between tenants that it would open; `undefined` when the proof can't run because of `problems`. */
  readonly openings: readonly Opening[] | undefined;
  /** Why its author may not make the change. */
  readonly refusal: string | undefined;
}

/**
 * A request beside a new intent: `content`, both make the same of the head; `fields`, the intent changes all the fields that the
 * request changes, to other values or more of them.
 */
export interface RequestMatch {
  readonly number: number;
  readonly by: 'content' | 'fields';
}

/**
 * Change requests as branches. A request is never rendered, and nothing here decides who may do what but the author's right to
 * make the change itself.
 */
export interface RequestBranches {
  /**
   * Makes the branch of a request, durably: one commit on the head with what the intent makes of it. Throws what a write
   * throws, but not for approval, a freeze or a hold, which may end; `nothing_to_request`; `branch_taken`.
   */
  open(number: number, intent: Intent): Promise<RequestRef>;
  /**
   * Goes on with what the intent makes of the head (`next-revision.ts`), unless the request says that already; the old commit stays
   * at `refs/cameleer/requests/<number>/<revision>` too. Throws like `open`.
   */
  replace(request: RequestRef, revision: number, intent: Intent): Promise<RequestRef>;
  /** Takes the branch away; its commit stays at `refs/cameleer/requests/<number>/<revision>`. Throws `branch_taken`, and what a write throws of the repository. */
  retire(request: RequestRef, revision: number): Promise<void>;
  /** Puts the branch where it was, when somebody moved or deleted it. Throws `request_gone`. */
  restore(request: RequestRef): Promise<void>;
  /** The first of the requests that the intent repeats, else the first that it replaces; those that are gone match nothing. Throws what `open` throws. */
  match(intent: Intent, requests: readonly RequestRef[]): Promise<RequestMatch | undefined>;
  /** Where the branch is now. */
  find(number: number): Promise<string | undefined>;
  /** Also of the commit that merged a request. Throws `request_gone`. */
  read(request: RequestRef): Promise<Proposal>;
  /** The commit of `main` that merged the request. Throws `request_gone`. */
  mergedAs(request: RequestRef): Promise<string | undefined>;
  /** `tenants`: with the part of the plan that is about these. Throws `request_gone`. */
  assess(request: RequestRef, tenants?: readonly string[]): Promise<Assessment>;
  /**
   * The intent that makes the request's change on the head of the time it runs at, field by field. Applied, it throws
   * `request_conflict` and `request_merged`. Throws `request_gone`.
   */
  reapply(request: RequestRef): Promise<Intent>;
  /** The intent of what a commit that is not on `main` changed since the two parted. Throws `invalid`. */
  difference(commit: string, objects: ObjectReader, change: Omit<Change, 'subject'>): Promise<Intent>;
}
