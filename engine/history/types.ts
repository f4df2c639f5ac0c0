import type { KindName, Loaded, ObjectRef, PlatformState, TenantState } from '../../schemas/index.ts';
import type { Intent } from '../intent.ts';

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
