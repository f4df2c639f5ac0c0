import { RemoteError } from './remote-error.ts';
import type { RemoteRun } from './run-remote-git.ts';

const notFound = /repository not found|does not appear to be a git repository|repository '[^']*' not found|project you were looking for could not be found/i;
const refusedLogin = /authentication failed|permission denied|access denied|could not read (?:username|password)|invalid (?:credentials|username or)/i;
const unknownHost = /host key verification failed|ssl certificate problem|server certificate verification failed/i;

/** Of a fetch that failed: `ref_locked` when a lock in the mirror was in its way, which says nothing of the remote. */
export function lockOf({ complaints }: RemoteRun): RemoteError | undefined {
  if (!/^(?!remote: ).*Unable to create '[^'\n]*\.lock': File exists/m.test(complaints)) return undefined;
  return new RemoteError('ref_locked', 'A git process, or one that was killed, has a lock in the mirror of the state repository; nothing was changed. One that was killed leaves it for a minute: try again then.', { cause: new Error(complaints.trim().slice(-2_000)) });
}

/** Why a command that talks to the remote failed: what a person has to mend, else `remote_unavailable`, which may mend itself. */
export function failureOf(run: RemoteRun): RemoteError {
  const cause = new Error(run.complaints.trim().slice(-2_000));
  const { httpStatus: status, retryAfterSeconds } = run;
  const asked = retryAfterSeconds !== undefined;
  if (unknownHost.test(run.complaints)) return new RemoteError('remote_host_unknown', 'The Git host could not show that it is the one that is known here. Check its SSH host key or certificate, then put the right one into the file of known hosts or of certificates.', { cause });
  if (status === 401 || (status === 403 && !asked) || (status === undefined && refusedLogin.test(run.complaints))) {
    return new RemoteError('remote_unauthorised', 'The Git host refuses the platform\'s credential. Give the token or key the right to read and push the state repository; it is read again with each attempt.', { cause });
  }
  if (status !== undefined && status >= 300 && status < 400) return new RemoteError('remote_missing', 'The Git host says that the repository is at another address. It is not followed, because the credential would go there; set the address at which the repository is.', { cause });
  if (status === 404 || notFound.test(run.complaints)) return new RemoteError('remote_missing', 'The Git host knows no such repository, or does not show it to the platform. Check the address and what the token or key may see.', { cause });
  return new RemoteError('remote_unavailable', 'The Git host that holds the state can not be reached; nothing was changed. Try again in a moment.', { cause, retryAfterSeconds });
}

const declined = /hook declined|protected branch|repository rule violations|GH006|GH013|pull request/i;
const guarded = /GH006|GH013|protected branch|protected from|not allowed to push|repository rule violations|only be modified through pull requests/i;

/**
 * Why the remote did not take one ref: somebody moved it, a rule of the host, or something that passes. `reason` is what
 * stands in brackets, `run` holds what the remote said besides.
 */
export function refusalOf(reason: string, run: RemoteRun): RemoteError {
  const cause = new Error(`${reason}\n${run.complaints.trim().slice(-2_000)}`);
  if (/fetch first|non-fast-forward|stale info|needs force|already exists|failed to update ref|cannot lock ref|incorrect old value/i.test(reason)) return new RemoteError('ref_moved', 'Somebody else has moved the branch.', { cause });
  if (guarded.test(`${reason}\n${run.complaints}`)) return new RemoteError('branch_protected', 'The Git host protects the branch: the platform may not push to it. Let the platform push, or make the change by a change request.', { cause });
  if (declined.test(reason)) return new RemoteError('push_declined', 'A rule or hook of the Git host has declined the change; nothing was changed. What it said is in the log of the control plane.', { cause });
  return new RemoteError('remote_unavailable', 'The Git host could not take the change; nothing was changed. Try again in a moment.', { cause });
}
