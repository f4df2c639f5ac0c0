import type { ObjectRef, PlatformState, TenantState } from '../schemas/index.ts';

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

export interface FileChange {
  readonly path: string;
  readonly ref: ObjectRef | undefined;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** The state that a change is judged by: before it. */
export interface StateBefore {
  readonly platform: PlatformState;
  readonly tenants: ReadonlyMap<string, TenantState | undefined>;
}

/** Decides whether the change may happen; called with the state before it. Throws an `EngineError` when it may not. */
export type Authorize = (change: Change, files: readonly FileChange[], before: StateBefore) => void | Promise<void>;
