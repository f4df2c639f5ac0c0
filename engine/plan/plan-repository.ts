import { ObjectStore } from '../git/index.ts';
import { TenantLoader } from '../state/read-state.ts';
import type { Plan, PlanOptions } from '../types.ts';
import { planBetween } from './plan-between.ts';

/**
 * The plan between two commits (full ids) of any Git directory that holds a state repository. Reads objects only: a repository
 * in use is safe, and no lock is taken. Throws `GitError` `object_missing` for an unknown id.
 */
export async function planRepository({ directory, base, head }: { readonly directory: string; readonly base: string; readonly head: string }, options: PlanOptions = {}): Promise<Plan> {
  const objects = new ObjectStore(directory);
  try {
    return await planBetween({ objects, loader: new TenantLoader(objects) }, base, head, options);
  } finally {
    objects.close();
  }
}
