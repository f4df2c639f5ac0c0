import type { PlatformState, TenantState } from './state.ts';
import type { License, Limit, Tenant, Tier } from './types.ts';

/** What a tenant may have: for each dimension the smaller of its tier's and its licence's. */
export interface EffectiveLimits {
  readonly tier: string;
  readonly environments: { readonly max: Limit; readonly defaults: readonly string[]; readonly custom: boolean };
  readonly agents: Limit;
  readonly vaults: Limit;
  readonly teams: Limit;
  readonly jarMiB: number;
  readonly retentionDays: number | 'custom';
  readonly features: Tier['spec']['features'];
  /** ResourceQuota of one environment; the tenant's committed resources replace the tier's. */
  readonly quota: Tier['spec']['quota'];
}

const noLimits: License['spec']['terms']['limits'] = { agents: 'unlimited', environments: 'unlimited', vaults: 'unlimited', retentionDays: 'custom' };

/** Undefined when the tenant or its tier isn't there (state rules say so). A missing licence leaves the tier's limits. */
export function effectiveLimits(platform: PlatformState, tenant: TenantState): EffectiveLimits | undefined {
  const spec = tenant.tenant?.object.spec;
  const tier = platform.tiers.get(spec?.tier ?? '')?.object.spec;
  if (spec === undefined || tier === undefined) return undefined;
  const terms = tenant.license?.object.spec.terms;
  const licensed = terms?.limits ?? noLimits;
  return {
    tier: spec.tier,
    environments: { ...tier.environments, max: lower(tier.environments.max, licensed.environments) },
    agents: lower(tier.limits.agents, licensed.agents),
    vaults: lower(tier.limits.vaults, licensed.vaults),
    teams: tier.limits.teams,
    jarMiB: tier.limits.jarMiB,
    retentionDays: lowerDays(tier.limits.retentionDays, licensed.retentionDays),
    features: lowerFeatures(tier.features, terms?.features),
    quota: quotaOf(tier, spec.committed),
  };
}

function quotaOf(tier: Tier['spec'], committed: Tenant['spec']['committed']): Tier['spec']['quota'] {
  return committed === undefined ? tier.quota : { ...tier.quota, cpu: committed.cpu, memory: committed.memory };
}

/** Whether `count` things are more than the limit allows. */
export function exceeds(count: number, limit: Limit): boolean {
  return limit !== 'unlimited' && count > limit;
}

function lower(a: Limit, b: Limit): Limit {
  if (b === 'unlimited') return a;
  return a === 'unlimited' ? b : Math.min(a, b);
}

function lowerDays(a: number | 'custom', b: number | 'custom'): number | 'custom' {
  if (b === 'custom') return a;
  return a === 'custom' ? b : Math.min(a, b);
}

type LicensedFeatures = Omit<Tier['spec']['features'], 'lineageCapturesPerMinute' | 'vpn'>;

function lowerFeatures(tier: Tier['spec']['features'], licensed: LicensedFeatures | undefined): Tier['spec']['features'] {
  if (licensed === undefined) return tier;
  return {
    ...tier,
    topology: tier.topology && licensed.topology,
    lineage: tier.lineage === 'full' && licensed.lineage === 'full' ? 'full' : 'limited',
    correlation: tier.correlation && licensed.correlation,
    debugger: tier.debugger && licensed.debugger,
    replay: tier.replay && licensed.replay,
    sso: tier.sso && licensed.sso,
    customRoles: tier.customRoles && licensed.customRoles,
  };
}
