import type {
  AppDeployment, Application, Cell, Environment, EnvironmentKey, Hold, Ingress, License, Member, Platform, Release, Role, ServiceAccount,
  Settings, SopsSecret, SsoConnection, Team, Tenant, Tier, VaultConnection,
} from './types.ts';
import type { Position, Problem } from './problem.ts';

/** Every kind of object, by the name that its `kind` field carries (a Secret is Kubernetes' own kind). */
export interface Kinds {
  Platform: Platform; Cell: Cell; Tier: Tier; Role: Role;
  Tenant: Tenant; License: License; Settings: Settings;
  Team: Team; Member: Member; ServiceAccount: ServiceAccount;
  Environment: Environment; EnvironmentKey: EnvironmentKey;
  Application: Application; Release: Release;
  AppDeployment: AppDeployment; Hold: Hold; Ingress: Ingress; Secret: SopsSecret;
  VaultConnection: VaultConnection; SsoConnection: SsoConnection;
}
export type KindName = keyof Kinds;

/**
 * Names one object. `tenant` is absent for the platform's kinds (and for built-in roles), `environment` for what belongs
 * to no environment, `application` is set for releases only.
 */
export interface ObjectRef<K extends KindName = KindName> {
  readonly kind: K;
  readonly tenant?: string;
  readonly environment?: string;
  readonly application?: string;
  readonly name: string;
}

/** A file as Git or a folder holds it. `oid` is the Git blob id. `bytes` is absent when `size` is over the limit. */
export interface RawFile {
  readonly path: string;
  readonly mode: 'file' | 'executable' | 'symlink' | 'submodule';
  readonly oid: string;
  readonly size: number;
  readonly bytes?: Uint8Array;
}

/** A parsed, schema-valid object and where it came from. */
export interface Loaded<K extends KindName> {
  readonly ref: ObjectRef<K>;
  readonly path: string;
  readonly oid: string;
  readonly object: Kinds[K];
  /** The file's bytes as text, unchanged. */
  readonly text: string;
  /** Position of a JSON pointer's value; of its nearest existing ancestor when there is none. */
  locate(pointer: string): Position;
}

export interface EnvironmentState {
  readonly name: string;
  readonly environment: Loaded<'Environment'>;
  readonly key?: Loaded<'EnvironmentKey'>;
  readonly deployments: ReadonlyMap<string, Loaded<'AppDeployment'>>;
  readonly holds: ReadonlyMap<string, Loaded<'Hold'>>;
  readonly ingresses: ReadonlyMap<string, Loaded<'Ingress'>>;
  readonly secrets: ReadonlyMap<string, Loaded<'Secret'>>;
}

export interface ApplicationState {
  readonly name: string;
  readonly application: Loaded<'Application'>;
  readonly releases: ReadonlyMap<string, Loaded<'Release'>>;
}

/** One tenant, whole. Maps are in name order. An object with problems is in `problems` and nowhere else. */
export interface TenantState {
  readonly id: string;
  /** `tenants/<first two letters>/<id>` */
  readonly directory: string;
  readonly tenant?: Loaded<'Tenant'>;
  readonly license?: Loaded<'License'>;
  readonly settings?: Loaded<'Settings'>;
  readonly teams: ReadonlyMap<string, Loaded<'Team'>>;
  readonly roles: ReadonlyMap<string, Loaded<'Role'>>;
  readonly members: ReadonlyMap<string, Loaded<'Member'>>;
  readonly serviceAccounts: ReadonlyMap<string, Loaded<'ServiceAccount'>>;
  readonly vaults: ReadonlyMap<string, Loaded<'VaultConnection'>>;
  readonly sso: ReadonlyMap<string, Loaded<'SsoConnection'>>;
  readonly environments: ReadonlyMap<string, EnvironmentState>;
  readonly applications: ReadonlyMap<string, ApplicationState>;
  readonly problems: readonly Problem[];
}

export interface PlatformState {
  readonly platform?: Loaded<'Platform'>;
  readonly cells: ReadonlyMap<string, Loaded<'Cell'>>;
  readonly tiers: ReadonlyMap<string, Loaded<'Tier'>>;
  readonly roles: ReadonlyMap<string, Loaded<'Role'>>;
  readonly problems: readonly Problem[];
}

/** Something that only one tenant may have: a tenant's uid, an ingress's host, a domain that signs in. */
export interface Claim {
  readonly key: string;
  readonly path: string;
  readonly position: Position;
}
