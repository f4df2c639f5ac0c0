import type { Change, Push } from '../engine/index.ts';
import { CodedError } from '../schemas/index.ts';
import type { Caller } from './caller.ts';
import type { Stores } from './context.ts';
import { changeBy, record, recordEnd } from './audit.ts';

export type PushedCommits = Omit<Push, 'change'>;

/**
 * Takes over what somebody pushed to `main`, with its audit. The audit says who pushed; the commits say who wrote them.
 * Answers with the new commits, oldest first. Throws what `Engine.push` throws.
 */
export async function push(stores: Pick<Stores, 'engine' | 'ledger' | 'logger'>, caller: Caller, pushed: PushedCommits): Promise<readonly string[]> {
  const change: Change = changeBy({ ...caller, door: 'push' }, { action: 'state.push', subject: 'Push to main' });
  await record(stores, change, { phase: 'intended', commit: pushed.after });
  try {
    const commits = await stores.engine.push({ ...pushed, change });
    await recordEnd(stores, change, { phase: 'done', commit: pushed.after });
    return commits;
  } catch (error) {
    await recordEnd(stores, change, { phase: 'failed', commit: pushed.after, detail: { code: error instanceof CodedError ? error.code : 'internal' } });
    throw error;
  }
}
