import { CodedError } from '../../schemas/coded-error.ts';

/**
 * - `object_missing`: the id names nothing in this repository
 * - `object_corrupt`: the object is not what its id or its header says
 * - `ref_moved`: the ref no longer has the expected value; nothing was changed
 * - `ref_failed`: git refused the update for another reason, which `cause` tells; nothing was changed
 * - `disk_full`: no space; nothing refers to what was written
 * - `git_failed`: a git process could not be started or ended unexpectedly
 * - `key_invalid`: not an unencrypted Ed25519 key
 * - `protocol`: what a client sent is not the Git protocol
 * - `pack_refused`: the pack of a push is damaged, too large, or breaks git's own rules; nothing was kept
 */
export type GitErrorCode =
  | 'object_missing'
  | 'object_corrupt'
  | 'ref_moved'
  | 'ref_failed'
  | 'disk_full'
  | 'git_failed'
  | 'key_invalid'
  | 'protocol'
  | 'pack_refused';

export class GitError extends CodedError<GitErrorCode> {
  override readonly name = 'GitError';
}

const noSpace = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** `disk_full` in place of an error that says so, with it as the cause; any other error as it is. */
export function diskError(cause: unknown): unknown {
  return isOutOfSpace(cause) ? new GitError('disk_full', 'The disk of the state repository is full; nothing was changed. Free space and try again.', { cause }) : cause;
}

/** Whether the error says that the disk, a quota or the file size limit is exhausted. */
export function isOutOfSpace(error: unknown): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && noSpace.has(error.code);
}
