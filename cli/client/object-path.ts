import type { ObjectRef } from '../../schemas/index.ts';

const singles: Partial<Record<ObjectRef['kind'], string>> = { Tenant: 'tenant', License: 'license', Settings: 'settings' };
const ofTenant: Partial<Record<ObjectRef['kind'], string>> = {
  Team: 'teams', Role: 'roles', Member: 'members', ServiceAccount: 'serviceaccounts', VaultConnection: 'vaults', SsoConnection: 'sso', Environment: 'environments', Application: 'apps',
};
const ofEnvironment: Partial<Record<ObjectRef['kind'], string>> = { AppDeployment: 'apps', Hold: 'holds', Ingress: 'ingresses', Secret: 'secrets' };
const ofPlatform: Partial<Record<ObjectRef['kind'], string>> = { Cell: 'cells', Tier: 'tiers', Role: 'roles' };

/** Where the API has an object: the repository's own path, without the prefix and `.yaml`. `undefined`: it takes no such object. */
export function objectPath({ kind, tenant, environment, name }: ObjectRef): string | undefined {
  const join = (...parts: readonly string[]) => `/api/v1/${parts.map(encodeURIComponent).join('/')}`;
  if (tenant === undefined) {
    const folder = ofPlatform[kind];
    return kind === 'Platform' ? join('platform') : folder && join(folder, name);
  }
  const single = singles[kind];
  if (single !== undefined) return join('tenants', tenant, single);
  const inEnvironment = ofEnvironment[kind];
  if (inEnvironment !== undefined && environment !== undefined) return join('tenants', tenant, 'environments', environment, inEnvironment, name);
  const folder = ofTenant[kind];
  return folder && join('tenants', tenant, folder, name);
}
