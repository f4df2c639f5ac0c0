import { cellOfEnvironment, effectiveLimits } from '../schemas/index.ts';
import type { Cell, EffectiveLimits, EnvironmentState, PlatformState, Tenant, TenantState } from '../schemas/index.ts';
import { SynthError } from './errors.ts';

/** What a tenant's objects on one cell are rendered from. */
export interface TenantScope {
  readonly platform: PlatformState;
  readonly state: TenantState;
  readonly tenant: Tenant;
  readonly limits: EffectiveLimits;
  readonly cell: Cell;
  /** Environments that run on this cell, in name order. */
  readonly environments: readonly EnvironmentState[];
  /** Whether the tenant's observability server runs on this cell. */
  readonly hasServer: boolean;
  /** False while the tenant is suspended or being deleted: everything is kept, no pod runs. */
  readonly running: boolean;
}

/**
 * The tenant's part on each cell that it uses, by the cell's name.
 * @throws {SynthError} `unresolved` when the tenant names a cell or tier that doesn't exist.
 */
export function scopesOf(platform: PlatformState, state: TenantState, tenant: Tenant): ReadonlyMap<string, TenantScope> {
  const { cells, lifecycle, tier: tierName } = tenant.spec;
  const limits = effectiveLimits(platform, state);
  if (limits === undefined) throw unresolved(state.id, `tier ${tierName}`);
  const byCell = new Map<string, EnvironmentState[]>([[cells.default, []]]);
  for (const environment of state.environments.values()) {
    const name = cellOfEnvironment(tenant, environment.name);
    byCell.set(name, [...(byCell.get(name) ?? []), environment]);
  }
  const sorted = [...byCell].sort(([a], [b]) => (a < b ? -1 : 1));
  return new Map(sorted.map(([name, environments]) => {
    const cell = platform.cells.get(name)?.object;
    if (cell === undefined) throw unresolved(state.id, `cell ${name}`);
    const inOrder = environments.sort((a, b) => (a.name < b.name ? -1 : 1));
    return [name, { platform, state, tenant, limits, cell, environments: inOrder, hasServer: name === cells.default, running: lifecycle === 'active' }];
  }));
}

function unresolved(tenant: string, what: string): SynthError {
  return new SynthError('unresolved', `Tenant ${tenant} names ${what}, which doesn't exist. Run \`cameleer validate\` to see where.`);
}
