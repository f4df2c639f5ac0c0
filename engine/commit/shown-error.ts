import { EngineError } from '../engine-error.ts';
import type { EngineErrorCode } from '../engine-error.ts';
import { GitError, RemoteError } from '../git/index.ts';
import type { GitErrorCode } from '../git/index.ts';

/** When somebody else moves `main` while we write, we run again on the new head, until so long after the write came. */
export const patienceMilliseconds = 20_000;

const shownCodes = ['disk_full', 'ref_locked', 'remote_unavailable', 'remote_unauthorised', 'remote_host_unknown', 'remote_missing', 'branch_protected', 'push_declined', 'outcome_unknown'] as const;
const shown = new Map<GitErrorCode, EngineErrorCode>(shownCodes.map((code) => [code, code]));
const defaultRetrySeconds = 5;

/** What a caller of the engine may see of an error of git; any other error as it is. */
export function shownError(error: unknown): unknown {
  if (!(error instanceof GitError)) return error;
  if (error.code === 'ref_moved') {
    return new EngineError('overtaken', `Others have kept moving main for ${patienceMilliseconds / 1000} s while this change was being made; nothing was changed. Try again in a moment.`, { cause: error, retryAfterSeconds: 1 });
  }
  const code = shown.get(error.code);
  if (code === undefined) return error;
  const passes = code === 'remote_unavailable' || code === 'outcome_unknown' || code === 'ref_locked';
  const asked = error instanceof RemoteError ? error.retryAfterSeconds : undefined;
  return new EngineError(code, error.message, { cause: error, ...(passes ? { retryAfterSeconds: asked ?? defaultRetrySeconds } : {}) });
}

/** Whether waiting writes would only run into the same. */
export function concernsAll(error: unknown): boolean {
  return error instanceof EngineError && (error.code === 'remote_unavailable' || error.code === 'outcome_unknown');
}
