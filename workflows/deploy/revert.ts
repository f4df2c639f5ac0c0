import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { holdReverted } from '../hold-reverts.ts';
import { changeBy, write, type Outcome, type WriteOptions } from '../write.ts';

export interface RevertRequest extends WriteOptions {
  readonly tenant: string;
  /** Full or short id of the commit to undo. */
  readonly commit: string;
}

/**
 * Undoes what a commit did to deployments and configuration, as the inverse field difference on today's state. What was
 * rolled back is held. Errors: the engine's `not_found`, `conflict` when later changes stand in the way.
 */
export async function revert(stores: Stores, caller: Caller, request: RevertRequest): Promise<Outcome> {
  const { subject: _subject, ...change } = changeBy(caller, { action: 'app.rollback', subject: '', tenant: request.tenant });
  const outcome = await write(stores, caller, await stores.engine.revert(request.commit, change), request);
  if (outcome.kind === 'written' && outcome.result.changed) await holdWritten(stores, outcome.result.commit);
  return outcome;
}

/** The answer of a rollback comes after its Hold; a Hold that can't be written is the follower's to try again. */
async function holdWritten(stores: Stores, commit: string): Promise<void> {
  const entry = (await stores.engine.history({ limit: 50 })).find((each) => each.commit === commit);
  if (entry !== undefined) await holdReverted(stores, entry);
}
