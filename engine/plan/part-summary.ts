import type { PartCost } from './cost.ts';
import type { PlanPart } from './plan-part.ts';
import type { ChangeCounts } from './types.ts';

/** A part in numbers: what is kept of a tenant that no page shows. Plain data, so that another thread can make it. */
export interface PartSummary {
  readonly tenant: string | undefined;
  readonly digest: string | undefined;
  readonly objects: ChangeCounts;
  readonly rendered: ChangeCounts;
  readonly workloads: { readonly created: number; readonly restarted: number; readonly scaled: number; readonly deleted: number };
  /** Workloads that something happens to, each once. */
  readonly concerned: number;
  readonly namespaces: number;
  readonly data: number;
  /** Codes, one for each. */
  readonly risks: readonly string[];
  readonly errors: number;
  readonly cost: PartCost | undefined;
}

export function summarise({ tenant, digest, objects, rendered, effects, data, risks, problems, openings, cost }: PlanPart): PartSummary {
  const { created, restarted, scaled, deleted, namespaces } = effects;
  return {
    tenant, digest, cost,
    objects: countsOf(objects),
    rendered: countsOf(rendered),
    workloads: { created: created.length, restarted: restarted.length, scaled: scaled.length, deleted: deleted.length },
    concerned: new Set([...created, ...restarted, ...scaled, ...deleted]).size,
    namespaces: namespaces.length,
    data: data.length,
    risks: risks.map(({ code }) => code),
    errors: problems.filter(({ severity }) => severity === 'error').length + openings,
  };
}

function countsOf(changes: readonly { readonly change: keyof ChangeCounts }[]): ChangeCounts {
  const counts = { added: 0, modified: 0, deleted: 0 };
  for (const { change } of changes) counts[change] += 1;
  return counts;
}

export function totalOf({ added, modified, deleted }: ChangeCounts): number {
  return added + modified + deleted;
}

/** Whether a page has anything to show of it. */
export function isEmpty({ objects, rendered, risks, errors }: PartSummary): boolean {
  return totalOf(objects) + totalOf(rendered) + risks.length + errors === 0;
}
