import type { ChangeCounts, Plan, PlanOptions, PlanSummary, Risk } from '../types.ts';
import { CostSum } from './cost.ts';
import { PlanHash } from './plan-hash.ts';
import type { PlanPart } from './plan-part.ts';

const defaultPage = 50;
const largestShown = 10;

type Largest = PlanSummary['largest'][number];

class Counter {
  readonly #counts = { added: 0, modified: 0, deleted: 0 };

  add(changes: readonly { readonly change: keyof ChangeCounts }[]): void {
    for (const { change } of changes) this.#counts[change] += 1;
  }

  counts(): ChangeCounts {
    return { ...this.#counts };
  }
}

/** Makes a plan of parts that come one by one: the platform's first, then the tenants' in order. Keeps the parts of its page only. */
export class PlanBuilder {
  readonly #options: PlanOptions;
  readonly #hash = new PlanHash();
  readonly #cost = new CostSum();
  readonly #objects = new Counter();
  readonly #rendered = new Counter();
  readonly #workloads = { created: 0, restarted: 0, scaled: 0, deleted: 0 };
  readonly #risks = new Map<string, number>();
  readonly #shown: PlanPart[] = [];
  #largest: Largest[] = [];
  #tenants = 0;
  #namespaces = 0;
  #data = 0;
  #errors = 0;
  #onPage = 0;
  #platform = false;
  #next: string | undefined;

  constructor(options: PlanOptions = {}) {
    this.#options = options;
  }

  /** Whether the part's lists will be shown, so that only then they need their differences. */
  shows(tenant: string | undefined): boolean {
    const { after, tenant: only } = this.#options;
    if (only !== undefined) return tenant === only;
    if (tenant === undefined) return after === undefined;
    return after === undefined || tenant > after;
  }

  add(part: PlanPart): void {
    this.#hash.add(part);
    if (this.#options.tenant !== undefined && part.tenant !== this.#options.tenant) return;
    this.#count(part);
    if (part.cost !== undefined) this.#cost.add(part.cost);
    if (this.shows(part.tenant) && !isEmpty(part)) this.#show(part);
  }

  #show(part: PlanPart): void {
    if (part.tenant === undefined) {
      this.#shown.push(part);
    } else if (this.#onPage < (this.#options.limit ?? defaultPage)) {
      this.#onPage += 1;
      this.#shown.push(part);
    } else {
      this.#next ??= this.#shown.at(-1)?.tenant;
    }
  }

  #count({ tenant, objects, rendered, effects, data, risks, problems }: PlanPart): void {
    this.#objects.add(objects);
    this.#rendered.add(rendered);
    for (const key of ['created', 'restarted', 'scaled', 'deleted'] as const) this.#workloads[key] += effects[key].length;
    this.#namespaces += effects.namespaces.length;
    this.#data += data.length;
    this.#errors += problems.filter(({ severity }) => severity === 'error').length;
    for (const { code } of risks) this.#risks.set(code, (this.#risks.get(code) ?? 0) + 1);
    if (tenant === undefined) this.#platform = objects.length > 0;
    if (tenant === undefined || objects.length + rendered.length === 0) return;
    this.#tenants += 1;
    const workloads = new Set([...effects.created, ...effects.restarted, ...effects.scaled, ...effects.deleted]).size;
    this.#largest = [...this.#largest, { tenant, workloads, rendered: rendered.length }].sort(byWeight).slice(0, largestShown);
  }

  plan(between: Pick<Plan, 'base' | 'head'>): Plan {
    const crossing = this.#crossing();
    for (const { code } of crossing) this.#risks.set(code, (this.#risks.get(code) ?? 0) + 1);
    const shown = this.#shown;
    const names = (of: (part: PlanPart) => readonly string[]) => [...new Set(shown.flatMap(of))].sort();
    return {
      base: between.base,
      ...(between.head !== undefined && { head: between.head }),
      summary: this.#summary(),
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
      risks: [...(this.#options.after === undefined ? crossing : []), ...shown.flatMap((part) => part.risks)],
      cost: this.#cost.effect(),
      problems: shown.flatMap((part) => part.problems),
      ...(this.#next !== undefined && { next: this.#next }),
      hash: this.#hash.hex(),
    };
  }

  /** One change that concerns several tenants, or all of them by the platform's files. */
  #crossing(): Risk[] {
    if (this.#platform) return [{ code: 'cross_tenant', subject: 'platform', message: `Files of the platform change: ${this.#tenants === 0 ? 'nothing is rendered otherwise for any tenant now, but they are in force for all of them' : `${this.#tenants} tenants are concerned`}.` }];
    if (this.#tenants < 2) return [];
    return [{ code: 'cross_tenant', subject: 'tenants', message: `One change touches ${this.#tenants} tenants.` }];
  }

  #summary(): PlanSummary {
    return {
      tenants: this.#tenants,
      namespaces: this.#namespaces,
      objects: this.#objects.counts(),
      rendered: this.#rendered.counts(),
      workloads: { ...this.#workloads },
      data: this.#data,
      risks: Object.fromEntries([...this.#risks].sort(byName)),
      errors: this.#errors,
      largest: this.#largest,
    };
  }
}

function isEmpty({ objects, rendered, risks, problems }: PlanPart): boolean {
  return objects.length + rendered.length + risks.length + problems.length === 0;
}

function byName([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? -1 : 1;
}

function byWeight(a: Largest, b: Largest): number {
  return b.workloads - a.workloads || b.rendered - a.rendered || (a.tenant < b.tenant ? -1 : 1);
}
