import { CostSum } from './cost.ts';
import { isEmpty, totalOf } from './part-summary.ts';
import type { PartSummary } from './part-summary.ts';
import { PlanHash } from './plan-hash.ts';
import type { PlanPart } from './plan-part.ts';
import type { Plan, PlanOptions, PlanSummary, Risk } from './types.ts';

/** How many tenants a page shows. */
export function pageSize({ limit = 50 }: PlanOptions): number {
  return limit;
}

const largestShown = 10;

type Largest = PlanSummary['largest'][number];

/** Which tenants of a change a page shows, and where the next one begins. `summaries`: of all parts, in order. */
export function pageOf(summaries: readonly PartSummary[], options: PlanOptions): { readonly tenants: readonly string[]; readonly platform: boolean; readonly next: string | undefined } {
  const { after } = options;
  const limit = pageSize(options);
  const following = summaries.flatMap((summary) => (summary.tenant === undefined || isEmpty(summary) || (after !== undefined && summary.tenant <= after) ? [] : [summary.tenant]));
  const tenants = following.slice(0, limit);
  return { tenants, platform: after === undefined, next: following.length > limit ? tenants.at(-1) : undefined };
}

/** The whole change in numbers: the sums of its parts, in order, and its hash. */
class Totals {
  readonly objects = { added: 0, modified: 0, deleted: 0 };
  readonly rendered = { added: 0, modified: 0, deleted: 0 };
  readonly workloads = { created: 0, restarted: 0, scaled: 0, deleted: 0 };
  readonly risks = new Map<string, number>();
  readonly cost = new CostSum();
  largest: Largest[] = [];
  tenants = 0;
  namespaces = 0;
  data = 0;
  errors = 0;
  platform = false;

  add(part: PartSummary): void {
    addCounts(this.objects, part.objects);
    addCounts(this.rendered, part.rendered);
    addCounts(this.workloads, part.workloads);
    this.namespaces += part.namespaces;
    this.data += part.data;
    this.errors += part.errors;
    for (const code of part.risks) this.count(code);
    if (part.cost !== undefined) this.cost.add(part.cost);
    if (part.tenant === undefined) this.platform = totalOf(part.objects) > 0;
    else if (totalOf(part.objects) + totalOf(part.rendered) > 0) this.#addTenant(part.tenant, part);
  }

  count(code: string): void {
    this.risks.set(code, (this.risks.get(code) ?? 0) + 1);
  }

  #addTenant(tenant: string, part: PartSummary): void {
    this.tenants += 1;
    const smallest = this.largest.at(-1);
    const entry = { tenant, workloads: part.concerned, rendered: totalOf(part.rendered) };
    if (this.largest.length < largestShown || (smallest !== undefined && byWeight(entry, smallest) < 0)) this.largest = [...this.largest, entry].sort(byWeight).slice(0, largestShown);
  }

  /** One change that concerns several tenants, or all of them by the platform's files. */
  crossing(): Risk[] {
    const concerned = this.tenants === 0 ? 'nothing is rendered otherwise now, but they are in force for all tenants' : `${this.tenants} tenants are concerned`;
    if (this.platform) return [{ code: 'cross_tenant', subject: 'platform', message: `Files of the platform change: ${concerned}.` }];
    return this.tenants < 2 ? [] : [{ code: 'cross_tenant', subject: 'tenants', message: `One change touches ${this.tenants} tenants.` }];
  }

  summary(): PlanSummary {
    const { tenants, namespaces, objects, rendered, workloads, data, risks, errors, largest } = this;
    return { tenants, namespaces, objects, rendered, workloads, data, risks: Object.fromEntries([...risks].sort(([a], [b]) => (a < b ? -1 : 1))), errors, largest };
  }
}

function addCounts<T extends object>(sums: { [K in keyof T]: number }, counts: { readonly [K in keyof T]: number }): void {
  for (const key of Object.keys(counts) as (keyof T)[]) sums[key] += counts[key];
}

function byWeight(a: Largest, b: Largest): number {
  return b.workloads - a.workloads || b.rendered - a.rendered || (a.tenant < b.tenant ? -1 : 1);
}

export interface PlanParts {
  /** Of all parts, the platform's first, then the tenants' in order of their ids. */
  readonly summaries: readonly PartSummary[];
  /** Those of the page, in the same order. */
  readonly shown: readonly PlanPart[];
}

/** Puts a plan together. */
export function buildPlan({ summaries, shown }: PlanParts, between: Pick<Plan, 'base' | 'head'>, options: PlanOptions = {}): Plan {
  const hash = new PlanHash();
  const totals = new Totals();
  for (const summary of summaries) {
    hash.add(summary);
    totals.add(summary);
  }
  const crossing = totals.crossing();
  for (const { code } of crossing) totals.count(code);
  const { next } = pageOf(summaries, options);
  return {
    base: between.base,
    ...(between.head !== undefined && { head: between.head }),
    summary: totals.summary(),
    ...listsOf(shown, options.after === undefined ? crossing : []),
    cost: totals.cost.effect(),
    ...(next !== undefined && { next }),
    hash: hash.hex(),
  };
}

function listsOf(shown: readonly PlanPart[], crossing: readonly Risk[]): Pick<Plan, 'objects' | 'rendered' | 'blastRadius' | 'risks' | 'problems'> {
  const names = (of: (part: PlanPart) => readonly string[]) => [...new Set(shown.flatMap(of))].sort();
  return {
    objects: shown.flatMap((part) => part.objects),
    rendered: shown.flatMap((part) => part.rendered),
    blastRadius: {
      tenants: shown.flatMap(({ tenant, objects, rendered }) => (tenant === undefined || objects.length + rendered.length === 0 ? [] : [tenant])),
      namespaces: names(({ effects }) => effects.namespaces),
      restarted: names(({ effects }) => effects.restarted),
      scaled: names(({ effects }) => effects.scaled),
      created: names(({ effects }) => effects.created),
      deleted: names(({ effects }) => effects.deleted),
      data: shown.flatMap((part) => part.data),
    },
    risks: [...crossing, ...shown.flatMap((part) => part.risks)],
    problems: shown.flatMap((part) => part.problems),
  };
}
