import { ObjectStore } from '../git/index.ts';
import { TenantLoader } from '../state/read-state.ts';
import { planBetween } from './plan-between.ts';
import { PlanCrew } from './plan-crew.ts';
import type { Plan, PlanOptions } from './types.ts';

export interface PlannedRepository {
  readonly directory: string;
  readonly base: string;
  readonly head: string;
}

/**
 * The plan between two commits (full ids) of any Git directory that holds a state repository. Reads objects only: a repository
 * in use is safe, and no lock is taken. `crew`: of an earlier call on the same directory, so that pages after the first cost
 * only themselves. Throws `GitError` `object_missing` for an unknown id.
 */
export async function planRepository({ directory, base, head }: PlannedRepository, options: PlanOptions = {}, crew: PlanCrew = new PlanCrew(directory)): Promise<Plan> {
  const objects = new ObjectStore(directory);
  try {
    return await planBetween({ objects, loader: new TenantLoader(objects), crew }, base, head, options);
  } finally {
    objects.close();
  }
}
