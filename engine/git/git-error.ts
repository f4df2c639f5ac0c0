import { CodedError } from '../../schemas/coded-error.ts';

/**
 * - `object_missing`: the id names nothing in this repository
 * - `object_corrupt`: the object is not what its id or its header says
 * - `too_large`: the object, or what a tree holds, is larger than anything that is read here
 * - `ref_moved`: the ref no longer has the expected value; nothing was changed
 * - `ref_locked`: another git process, or one that was killed, has the lock of the ref; nothing was changed
 * - `ref_failed`: git refused the update for another reason, which `cause` tells; nothing was changed
 * - `disk_full`: no space; nothing was changed, and nothing refers to what was written
 * - `not_writable`: the disk only reads, fails, or is not this user's to write; nothing was changed
 * - `git_failed`: a git process could not be started or ended unexpectedly
 * - `key_invalid`: not an unencrypted Ed25519 key
 * - `protocol`: what a client sent is not the Git protocol
 * - `remote_invalid`: the address of the remote, or what is needed for it, is not as it must be
 * - `remote_unavailable`: the remote can't be reached or is busy; nothing was changed
 * - `remote_unauthorised`: the remote refuses the credential
 * - `remote_host_unknown`: the remote could not show that it is the host that is known
 * - `remote_missing`: the remote knows no such repository, or it has no branch `main`
 * - `branch_protected`: the remote's rules keep the platform from moving the branch
 * - `push_declined`: a hook or rule of the remote declined the change
 * - `branch_foreign`: somebody else has put a commit on a branch of the platform's
 * - `outcome_unknown`: the remote was asked to move the ref and can't be asked whether it did
 * - `pack_refused`: the pack of a push is damaged, too large, or breaks git's own rules; nothing was kept
 */
export type GitErrorCode =
  | ToldErrorCode
  | 'object_missing'
  | 'object_corrupt'
  | 'too_large'
  | 'ref_moved'
  | 'ref_failed'
  | 'git_failed'
  | 'key_invalid'
  | 'protocol'
  | 'remote_invalid'
  | 'branch_foreign'
  | 'pack_refused';

/** What whoever wants a change is told as it is: an `EngineError` has these codes too. */
export type ToldErrorCode =
  | 'ref_locked'
  | 'disk_full'
  | 'not_writable'
  | 'remote_unavailable'
  | 'remote_unauthorised'
  | 'remote_host_unknown'
  | 'remote_missing'
  | 'branch_protected'
  | 'push_declined'
  | 'outcome_unknown';

export class GitError extends CodedError<GitErrorCode> {
  override readonly name: string = 'GitError';
}

const unreadable = new Set<GitErrorCode>(['object_missing', 'object_corrupt', 'too_large']);

/** Whether an error says that the repository lacks an object, has another one than is said of it, or one that is too large to read. */
export function isUnreadable(error: unknown): error is GitError {
  return error instanceof GitError && unreadable.has(error.code);
}

/** The disk, a quota or the file size limit is exhausted. */
const noSpace = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const noWriting = new Set(['EROFS', 'EACCES', 'EPERM', 'EIO']);

/** `disk_full` or `not_writable` in place of an error that says so, with it as the cause; any other error as it is. */
export function diskError(cause: unknown): unknown {
  const code = cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? cause.code : '';
  if (noSpace.has(code)) return diskFull(cause);
  return noWriting.has(code) ? notWritable(cause) : cause;
}

/** The same of what git complained of; `undefined` when that is something else. */
export function diskErrorOf(complaints: string): GitError | undefined {
  const cause = new Error(complaints.trim());
  if (/no space left|disk quota|file too large/i.test(complaints)) return diskFull(cause);
  return /read-only file system|permission denied|operation not permitted|input\/output error/i.test(complaints) ? notWritable(cause) : undefined;
}

function diskFull(cause: unknown): GitError {
  return new GitError('disk_full', 'The disk of the state repository is full; nothing was changed. Free space and try again.', { cause });
}

function notWritable(cause: unknown): GitError {
  return new GitError('not_writable', 'The disk of the state repository can not be written; nothing was changed. cameleer doctor says where; try again when it can.', { cause });
}
