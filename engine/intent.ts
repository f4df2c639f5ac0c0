import type { Document } from 'yaml';
import type { ApprovalPolicy, ChangedBy, ObjectRef, PlatformState, TenantState } from '../schemas/index.ts';
import type { Change, FileChange, StateBefore } from './change.ts';
import type { ObjectReader } from './git/object-store.ts';
import type { Plan } from './plan/types.ts';

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
  /** The change is committed when this has resolved, not before; when it rejects, the write is refused with what it rejects with. */
  readonly recorded?: Promise<unknown>;
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

export interface WriteResult {
  /** The commit; equals `base` when the intent changed nothing. */
  readonly commit: string;
  readonly base: string;
  readonly changed: boolean;
  /** Absent when it could not be made, though the change is committed. */
  readonly plan?: Plan;
  /** Why it is absent. */
  readonly planMissing?: PlanMissing;
  /** New blob id of each written object, by path; `null` for deleted ones. */
  readonly etags: ReadonlyMap<string, string | null>;
}

/** `too_large`: nobody can read what it is about; `plan_failed`: making it failed, and may succeed another time. */
export interface PlanMissing {
  readonly code: 'too_large' | 'plan_failed';
  /** Safe to show. */
  readonly message: string;
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
