import type { Plan } from '../../engine/types.ts';
import { tenantPath } from '../client/paths.ts';
import { renderPlan } from '../render/plan.ts';
import type { Session } from '../session.ts';
import type { Target } from '../target.ts';

export interface PlanOptions {
  readonly base: string;
  readonly head: string;
  readonly repo: string;
}

/** With a tenant the control plane is asked; without one a clone on this machine is read, and nothing is written to it. */
export async function plan(session: Session, target: Target | undefined, options: PlanOptions): Promise<void> {
  const found = target === undefined ? await offline(session, options) : await online(session, target, options);
  session.print(found, (palette) => renderPlan(found, palette));
}

async function online(session: Session, { tenant }: Target, { base, head }: PlanOptions): Promise<Plan> {
  return (await (await session.client()).request<Plan>('GET', `${tenantPath(tenant)}/plan`, { query: { base, head } })).body;
}

async function offline(session: Session, options: PlanOptions): Promise<Plan> {
  const { planRevisions } = await import('../offline/plan-revisions.ts');
  return planRevisions(session.io, options);
}
