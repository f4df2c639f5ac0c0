import type { KindName, Loaded, PlatformState, TenantState } from './state.ts';

/** Every object of a tenant, in no particular order. */
export function* objectsOfTenant(tenant: TenantState): Generator<Loaded<KindName>> {
  for (const one of [tenant.tenant, tenant.license, tenant.settings]) if (one !== undefined) yield one;
  for (const group of [tenant.teams, tenant.roles, tenant.members, tenant.serviceAccounts, tenant.vaults, tenant.sso]) yield* group.values();
  for (const { application, releases } of tenant.applications.values()) {
    yield application;
    yield* releases.values();
  }
  for (const { environment, key, deployments, holds, ingresses, secrets } of tenant.environments.values()) {
    yield environment;
    if (key !== undefined) yield key;
    for (const group of [deployments, holds, ingresses, secrets]) yield* group.values();
  }
}

/** Every object of the platform. */
export function* objectsOfPlatform(platform: PlatformState): Generator<Loaded<KindName>> {
  if (platform.platform !== undefined) yield platform.platform;
  for (const group of [platform.cells, platform.tiers, platform.roles]) yield* group.values();
}
