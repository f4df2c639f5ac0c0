import type { Problem } from '../../schemas/index.ts';
import { droppingPiles, ObjectDraft, ObjectStore } from '../git/index.ts';
import { advance } from '../state/advance.ts';
import { coldView } from '../state/cold-view.ts';
import { TenantLoader } from '../state/read-state.ts';
import type { PlannedRepository } from './plan-repository.ts';

/**
 * What would be wrong if `head` came onto `main` where that is `base`: by the very step that a merge or a push goes through,
 * with its state rules, transition rules and isolation proof. Reads objects only. Throws `GitError` `object_missing`.
 */
export async function judgeRepository({ directory, base, head }: PlannedRepository, now: Date): Promise<readonly Problem[]> {
  const objects = new ObjectStore(directory);
  try {
    const view = await coldView(objects, base, []);
    const { tree: root } = await objects.commit(head);
    const { view: after } = await advance(view, { root, commit: head, by: 'operator', now, wrong: 'quarantine', objects: new ObjectDraft(objects), loader: new TenantLoader(objects), relieve: droppingPiles() });
    return [...after.quarantines.toMap().values()].flatMap(({ problems }) => problems.filter(({ severity }) => severity === 'error'));
  } finally {
    objects.close();
  }
}
