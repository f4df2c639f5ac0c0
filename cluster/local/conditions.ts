import type { Condition } from './shapes.ts';
import { toSeconds } from './time.ts';

export type ConditionInput = Omit<Condition, 'lastTransitionTime' | 'lastUpdateTime'>;

/**
 * The new list of conditions. `lastTransitionTime` stays while the status stays, as Kubernetes has it. A condition of the
 * old list that `inputs` doesn't name is gone.
 */
export function nextConditions(old: readonly Condition[], inputs: readonly ConditionInput[], now: Date): Condition[] {
  return inputs.map((input) => {
    const before = old.find((condition) => condition.type === input.type);
    const same = before?.status === input.status;
    return { ...input, lastTransitionTime: same ? before.lastTransitionTime : toSeconds(now) };
  });
}

/** The conditions of an observed object; none when it has no status yet. */
export function conditionsOf(object: { readonly [field: string]: unknown } | undefined): readonly Condition[] {
  const status = object?.['status'] as { conditions?: readonly Condition[] } | undefined;
  return status?.conditions ?? [];
}
