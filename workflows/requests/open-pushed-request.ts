import { isUnreadable, type ObjectReader } from '../../engine/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { changeBy } from '../audit.ts';
import { WorkflowError } from '../errors.ts';
import { openRequest, type RequestOptions } from './open-request.ts';
import type { ChangeRequest } from './request.ts';

export interface PushedRequest extends RequestOptions {
  /** What was pushed to `refs/for/main`. */
  readonly commit: string;
  /** Reads the repository's objects and those that the push brought. Nothing of them is kept: the request's commit is made anew. */
  readonly objects: ObjectReader;
}

/**
 * Makes a change request of what a push brought: all that its commits change since they parted from `main`, as one commit whose
 * title and text are those of the last. Throws what `openRequest` throws.
 */
export async function openPushedRequest(stores: Stores, caller: Caller, { commit, objects, ...options }: PushedRequest): Promise<ChangeRequest> {
  const { subject: _, ...change } = changeBy({ ...caller, door: 'push' }, { action: 'state.push', subject: '' });
  const intent = await stores.engine.requests.difference(commit, objects, change).catch((error: unknown) => {
    if (!isUnreadable(error)) throw error;
    throw new WorkflowError('not_found', `${commit} is no commit that could become a change request.`);
  });
  return openRequest(stores, { ...caller, door: 'push' }, intent, options);
}
