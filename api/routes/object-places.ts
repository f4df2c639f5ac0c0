import type { Action, KindName, Kinds, Loaded, ObjectRef, PlatformState, TenantState } from '../../schemas/index.ts';
import type { RouteAccess } from '../http/route.ts';

type Param = (name: string) => string;
type Found = ReadonlyMap<string, Loaded<KindName>>;

/** Where objects of a kind stand in HTTP: the repository's own path, without `prefix` and `.yaml`. */
export interface ObjectPlace {
  readonly kind: keyof Kinds;
  readonly path: string;
  readonly read: RouteAccess;
  /** Who may try to write; default: who may read the tenant, for the engine asks what exactly a change needs. */
  readonly write?: RouteAccess;
  ref(param: Param): ObjectRef;
  /** The collection, for the path without its last placeholder; absent for what there is one of. */
  readonly collection?: (platform: PlatformState, tenant: TenantState | undefined, param: Param) => Found | undefined;
  /** Methods that the place does not offer. */
  readonly without?: readonly ('put' | 'patch' | 'delete')[];
}

const tenant = '/api/v1/tenants/{tenant}';
const environment = `${tenant}/environments/{environment}`;

function one(kind: KindName, name: string, read: Action): ObjectPlace {
  return { kind, path: `${tenant}/${name}`, read: { action: read }, ref: (param) => ({ kind, tenant: param('tenant'), name: param('tenant') }) };
}

function ofTenant(kind: KindName, folder: string, placeholder: string, collection: (state: TenantState) => Found): ObjectPlace {
  const read: Action = kind === 'Application' ? 'apps.read' : 'tenant.read';
  return {
    kind, path: `${tenant}/${folder}/{${placeholder}}`, read: { action: read },
    ref: (param) => ({ kind, tenant: param('tenant'), name: param(placeholder) }),
    collection: (_platform, state) => (state === undefined ? undefined : collection(state)),
  };
}

function ofEnvironment(kind: 'AppDeployment' | 'Hold' | 'Ingress' | 'Secret', folder: string, placeholder: string, read: Action = 'apps.read'): ObjectPlace {
  const group = { AppDeployment: 'deployments', Hold: 'holds', Ingress: 'ingresses', Secret: 'secrets' } as const;
  return {
    kind, path: `${environment}/${folder}/{${placeholder}}`, read: { action: read },
    ref: (param) => ({ kind, tenant: param('tenant'), environment: param('environment'), name: param(placeholder) }),
    collection: (_platform, state, param) => state?.environments.get(param('environment'))?.[group[kind]],
  };
}

function ofPlatform(kind: 'Cell' | 'Tier' | 'Role', folder: 'cells' | 'tiers' | 'roles'): ObjectPlace {
  return {
    kind, path: `/api/v1/${folder}/{name}`, read: 'operator', ref: (param) => ({ kind, name: param('name') }),
    collection: (platform) => platform[folder],
  };
}

function values<T>(map: ReadonlyMap<string, T>, of: (each: T) => Loaded<KindName>): Found {
  return new Map([...map].map(([name, each]) => [name, of(each)]));
}

/** Every kind of object that HTTP reads and writes. Releases are made by the builder only. */
export const objectPlaces: readonly ObjectPlace[] = [
  { kind: 'Platform', path: '/api/v1/platform', read: 'operator', ref: () => ({ kind: 'Platform', name: 'platform' }), without: ['delete'] },
  ofPlatform('Cell', 'cells'),
  ofPlatform('Tier', 'tiers'),
  ofPlatform('Role', 'roles'),
  { ...one('Tenant', 'tenant', 'tenant.read'), write: 'operator' },
  { ...one('License', 'license', 'tenant.read'), write: 'operator' },
  one('Settings', 'settings', 'tenant.read'),
  ofTenant('Team', 'teams', 'name', (state) => state.teams),
  ofTenant('Role', 'roles', 'name', (state) => state.roles),
  ofTenant('Member', 'members', 'member', (state) => state.members),
  ofTenant('ServiceAccount', 'serviceaccounts', 'name', (state) => state.serviceAccounts),
  ofTenant('VaultConnection', 'vaults', 'name', (state) => state.vaults),
  ofTenant('SsoConnection', 'sso', 'name', (state) => state.sso),
  ofTenant('Environment', 'environments', 'environment', (state) => values(state.environments, (each) => each.environment)),
  ofTenant('Application', 'apps', 'application', (state) => values(state.applications, (each) => each.application)),
  {
    kind: 'Release', path: `${tenant}/apps/{application}/releases/{release}`, read: { action: 'apps.read' }, without: ['put', 'patch'],
    ref: (param) => ({ kind: 'Release', tenant: param('tenant'), application: param('application'), name: param('release') }),
    collection: (_platform, state, param) => state?.applications.get(param('application'))?.releases,
  },
  {
    kind: 'EnvironmentKey', path: `${environment}/key`, read: { action: 'secrets.list' }, without: ['put', 'patch', 'delete'],
    ref: (param) => ({ kind: 'EnvironmentKey', tenant: param('tenant'), environment: param('environment'), name: param('environment') }),
  },
  ofEnvironment('AppDeployment', 'apps', 'application'),
  ofEnvironment('Hold', 'holds', 'application'),
  ofEnvironment('Ingress', 'ingresses', 'name'),
  ofEnvironment('Secret', 'secrets', 'name', 'secrets.list'),
];
