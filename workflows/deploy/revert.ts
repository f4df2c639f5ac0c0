import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { changeBy, write, type Outcome, type WriteOptions } from '../write.ts';

export interface RevertRequest extends WriteOptions {
  readonly tenant: string;
  /** Full or short id of the commit to undo. */
  readonly commit: string;
}

/**
 * Undoes what a commit did to deployments and configuration, as the inverse field difference on today's state. The engine
 * holds what was rolled back. Errors: the engine's `not_found`, `conflict` when later changes stand in the way.
 */
export async function revert(stores: Stores, caller: Caller, request: RevertRequest): Promise<Outcome> {
  const { subject: _subject, ...change } = changeBy(caller, { action: 'app.rollback', subject: '', tenant: request.tenant });
  return write(stores, caller, await stores.engine.revert(request.commit, change), request);
}
