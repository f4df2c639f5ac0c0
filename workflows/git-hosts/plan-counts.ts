import type { ChangeCounts, Plan } from '../../engine/index.ts';

/** `1 added, 2 modified`; `undefined` when nothing changes. */
export function counts(count: ChangeCounts): string | undefined {
  const parts = Object.entries(count).filter(([, each]) => each > 0).map(([change, each]) => `${String(each)} ${change}`);
  return parts.length === 0 ? undefined : parts.join(', ');
}

/** Whether the plan shows some of its tenants only. */
export function isPage(plan: Plan): boolean {
  return plan.next !== undefined || plan.summary.tenants > plan.blastRadius.tenants.length;
}
