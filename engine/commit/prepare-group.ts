import type { ObjectDraft, Repository } from '../git/index.ts';
import type { Intent, WriteResult } from '../intent.ts';
import { pauses } from '../pauses.ts';
import type { StateView } from '../state/state-view.ts';
import { prepare } from './prepare.ts';
import type { PrepareContext } from './prepare.ts';
import { readAhead } from './read-ahead.ts';
import { repeatedResult } from './repeated-result.ts';
import { writeKey } from './request-index.ts';
import type { RequestIndex } from './request-index.ts';
import { shownError } from './shown-error.ts';
import { withPlan } from './with-plan.ts';

export interface GroupContext extends PrepareContext {
  readonly repository: Repository;
  readonly requests: RequestIndex;
  /** Told about failures of work that nobody waits for. */
  readonly onError?: (error: unknown) => void;
}

/** An intent that waits for its answer. */
export interface Pending {
  readonly intent: Intent;
  readonly resolve: (result: WriteResult) => void;
  readonly reject: (error: unknown) => void;
  /** Moment of `performance.now()`; an answer that changes nothing must not come from a state before it. */
  readonly arrived: number;
}

/** Where the intents of a group meet. */
export interface GroupStep {
  /** What `main` has. */
  readonly head: StateView;
  /** Its fork, on which the intents run. */
  readonly view: StateView;
  readonly objects: ObjectDraft;
  /** Outcomes by write, of all that ran on the view. */
  readonly seen: Map<string, Outcome>;
  /** Resolves when the flush has been handed to the disk. */
  readonly flushing: Promise<void>;
}

/** `certain`: found on `main`, which no newer head takes back. */
export type Outcome = { readonly result: Promise<WriteResult>; readonly commit?: string; readonly certain?: true } | { readonly error: unknown };

/** Each intent runs on what the ones before it made; a refused one leaves no trace. */
export async function prepareGroup(context: GroupContext, group: readonly Pending[], step: GroupStep): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const pause = pauses();
  await readAhead(context, step.head, group.map(({ intent }) => intent));
  for (const { intent } of group) {
    const key = writeKey(intent.change);
    const outcome = step.seen.get(key) ?? (await prepareOne(context, intent, step));
    if (!('error' in outcome)) step.seen.set(key, outcome);
    outcomes.push(outcome);
    await pause();
  }
  return outcomes;
}

async function prepareOne(context: GroupContext, intent: Intent, { head, view, objects, flushing }: GroupStep): Promise<Outcome> {
  try {
    const committed = context.requests.committed(intent.change);
    if (committed !== undefined) return { result: Promise.resolve(await repeatedResult(context, head, committed)), certain: true };
    const prepared = await prepare(context, view, objects, intent);
    if (prepared.view === undefined) return { result: withPlan(prepared.written, () => prepared.plan(), context.onError) };
    view.absorb(prepared.view);
    objects.keep(prepared.objects);
    const result = flushing.then(() => withPlan(prepared.written, () => prepared.plan(), context.onError));
    // Nobody waits for it when the swap is lost.
    result.catch(() => {});
    return { result, commit: prepared.view.commit };
  } catch (error) {
    return { error: shownError(error) };
  }
}

/** Those of the group that are on record, when all that must be have been tried; who can't be recorded is answered with why. */
export async function recordedOf(group: readonly Pending[]): Promise<readonly Pending[]> {
  const refused = new Set<Pending>();
  await Promise.all(group.map(async (pending) => pending.intent.recorded?.catch((error: unknown) => {
    refused.add(pending);
    pending.reject(error);
  })));
  return group.filter((pending) => !refused.has(pending));
}

export function isCertain(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && 'certain' in outcome && outcome.certain;
}

/** It moves `main`, which decides on its state; or it did. */
export function isDecided(outcome: Outcome | undefined): boolean {
  return outcome !== undefined && ('commit' in outcome || isCertain(outcome));
}
