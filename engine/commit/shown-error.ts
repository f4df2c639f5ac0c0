import { EngineError } from '../engine-error.ts';
import { GitError, RemoteError } from '../git/index.ts';
import type { GitErrorCode, ToldErrorCode } from '../git/index.ts';

/** When somebody else moves `main` while we write, we run again on the new head, until so long after the write came. */
export const patienceMilliseconds = 20_000;

/** Whether it may be over when the same is tried again a moment later. */
const passes: Readonly<Record<ToldErrorCode, boolean>> = {
  disk_full: false,
  not_writable: true,
  ref_locked: true,
  remote_unavailable: true,
  remote_unauthorised: false,
  remote_host_unknown: false,
  remote_missing: false,
  branch_protected: false,
  push_declined: false,
  outcome_unknown: true,
};
const defaultRetrySeconds = 5;

/** What a caller of the engine may see of an error of git; any other error as it is. */
export function shownError(error: unknown): unknown {
  if (!(error instanceof GitError)) return error;
  if (error.code === 'ref_moved') {
    return new EngineError('overtaken', `Others have kept moving main for ${patienceMilliseconds / 1000} s while this change was being made; nothing was changed. Try again in a moment.`, { cause: error, retryAfterSeconds: 1 });
  }
  const { code } = error;
  if (!isTold(code)) return error;
  const asked = error instanceof RemoteError ? error.retryAfterSeconds : undefined;
  return new EngineError(code, error.message, { cause: error, ...(passes[code] ? { retryAfterSeconds: asked ?? defaultRetrySeconds } : {}) });
}

function isTold(code: GitErrorCode): code is ToldErrorCode {
  return Object.hasOwn(passes, code);
}

/** Whether waiting writes would only run into the same. */
export function concernsAll(error: unknown): boolean {
  return error instanceof EngineError && (error.code === 'remote_unavailable' || error.code === 'outcome_unknown');
}
