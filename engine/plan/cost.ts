import { reservedBy } from '../../schemas/index.ts';
import type { PlatformState, TenantState, Tier } from '../../schemas/index.ts';
import type { PartSource, PartState } from './plan-part.ts';
import type { CostEffect, ReservedResources } from './types.ts';

/** As cloud prices are quoted. */
const hoursPerMonth = 730;

type Rates = NonNullable<Tier['spec']['pricing']['rates']>;

/** What a tenant reserves in whole units, so that sums do not depend on their order. */
interface Usage {
  readonly millicores: number;
  readonly mebibytes: number;
}

interface Side {
  readonly usage: Usage;
  readonly rates: Rates | undefined;
  /** Why there are none. */
  readonly because: string;
}

/** The cost effect on one tenant. */
export interface PartCost {
  readonly before: Side;
  readonly after: Side;
}

const nothing: Usage = { millicores: 0, mebibytes: 0 };

/** `undefined` when neither what the tenant reserves nor its prices change. */
export function costOf({ before, after }: Pick<PartSource, 'before' | 'after'>): PartCost | undefined {
  if (before.tenant === after.tenant && before.platform === after.platform) return undefined;
  const sides = { before: sideOf(before), after: sideOf(after) };
  return JSON.stringify(sides.before) === JSON.stringify(sides.after) ? undefined : sides;
}

function sideOf({ platform, tenant }: PartState): Side {
  const name = tenant?.tenant?.object.spec.tier;
  if (tenant === undefined || name === undefined) return { usage: nothing, rates: undefined, because: '' };
  return { usage: usageOf(tenant), rates: ratesOf(platform, name), because: `tier ${name} has no rates` };
}

function ratesOf(platform: PlatformState, tier: string): Rates | undefined {
  return platform.tiers.get(tier)?.object.spec.pricing.rates;
}

function usageOf(tenant: TenantState): Usage {
  if (tenant.tenant?.object.spec.lifecycle !== 'active') return nothing;
  const reserved = [...tenant.environments.values()].flatMap(({ deployments }) => [...deployments.values()].map(({ ref, object }) => reservedBy(tenant, ref.name, object)));
  return { millicores: sum(reserved.map((each) => each.millicores)), mebibytes: sum(reserved.map((each) => each.mebibytes)) };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** Adds up the effects on tenants. */
export class CostSum {
  #before = nothing;
  #after = nothing;
  readonly #prices = new Map<string, { before: number; after: number }>();
  readonly #unknown = new Map<string, number>();

  add({ before, after }: PartCost): void {
    this.#before = plus(this.#before, before.usage);
    this.#after = plus(this.#after, after.usage);
    const unpriced = [before, after].find(({ usage, rates }) => rates === undefined && usage !== nothing && usage.millicores + usage.mebibytes > 0);
    if (unpriced !== undefined) {
      this.#unknown.set(unpriced.because, (this.#unknown.get(unpriced.because) ?? 0) + 1);
      return;
    }
    this.#price('before', before);
    this.#price('after', after);
  }

  #price(side: 'before' | 'after', { usage, rates }: Side): void {
    if (rates === undefined) return;
    const sums = this.#prices.get(rates.currency) ?? { before: 0, after: 0 };
    sums[side] += hoursPerMonth * ((usage.millicores / 1000) * rates.coreHour + (usage.mebibytes / 1024) * rates.gibHour);
    this.#prices.set(rates.currency, sums);
  }

  effect(): CostEffect {
    return {
      before: shown(this.#before),
      after: shown(this.#after),
      perMonth: [...this.#prices].sort(byName).map(([currency, { before, after }]) => ({ currency, before: cents(before), after: cents(after) })),
      unknown: [...this.#unknown].sort(byName).map(([because, tenants]) => ({ because, tenants })),
    };
  }
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function plus(a: Usage, b: Usage): Usage {
  return { millicores: a.millicores + b.millicores, mebibytes: a.mebibytes + b.mebibytes };
}

function shown({ millicores, mebibytes }: Usage): ReservedResources {
  return { cores: millicores / 1000, memoryGiB: Math.round((mebibytes / 1024) * 1000) / 1000 };
}

function cents(amount: number): number {
  return Math.round(amount * 100) / 100;
}
