import { CodedError } from '../../schemas/coded-error.ts';
import { exitCodes, type ExitCode } from '../exit.ts';
import type { ProblemAnswer } from './answers.ts';

/** An error that the control plane answered with. Its code is the server's, so any string. */
export class ApiError extends CodedError {
  override readonly name = 'ApiError';
  readonly status: number;
  readonly problem: ProblemAnswer;
  readonly next: string;
  readonly exitCode: ExitCode;
  constructor(status: number, problem: ProblemAnswer, next?: string) {
    super(problem.code ?? `http_${status}`, problem.detail ?? problem.title ?? `The control plane answered ${status}.`);
    this.status = status;
    this.problem = problem;
    this.next = next ?? problem.next ?? nextStep(status, problem);
    this.exitCode = status >= 500 ? exitCodes.serverFailed : exitCodes.refused;
  }
}

const byCode: Readonly<Record<string, string>> = {
  held: 'see why with `cameleer get TENANT/APP --env ENV --hold`, then `cameleer resume TENANT/APP --env ENV`',
  release_not_found: 'see what there is with `cameleer get TENANT/APP --releases`',
  not_deployed: 'deploy it first: `cameleer deploy TENANT/APP --env ENV --jar FILE`',
  nothing_to_revert: 'see what each commit did with `cameleer history TENANT`; name with --include what is left alone otherwise',
  revert_conflict: 'repeat it with `--take revert` or `--take keep` for all of them, or with `--take PATH#POINTER=keep` for each',
  key_rotated: 'write the value again, or leave the secret out by reverting one environment or application',
  approvals_missing: 'see who must still agree with `cameleer request show NUMBER`',
  not_watched: 'ask there: `cameleer --url ADDRESS …`',
  own_request: 'ask somebody else to approve it',
  not_its_author: 'open one of your own with `--request`',
  plan_outdated: 'look at the plan again with `cameleer request show NUMBER`, then approve that',
  request_conflict: 'read the files again and run `cameleer request update NUMBER --filename FILE`',
  request_settled: 'open a new one with `--request`',
  branch_protected: 'merge the pull request at the Git host, or let the platform push there',
  nothing_to_merge: 'close it with `cameleer request close NUMBER`',
  quarantined: 'see what is broken with `cameleer get TENANT`, correct it in Git or undo it with `cameleer revert COMMIT --tenant TENANT`',
  not_writable: 'an operator has to make the disk of the control plane writable; `cameleer doctor` says where; then run the command again',
  main_unreadable: 'an operator has to put a sound commit on top of main, or set it back; `cameleer doctor` names the commit',
  ledger_unavailable: 'wait a little, then run the command again; when it lasts, look at the PostgreSQL server and the network to it',
  precondition_failed: 'somebody changed it meanwhile: look at the difference above and run the command again',
  jar_too_large: 'leave out of the JAR what the application does not need, or ask an operator for a higher tier',
  release_exists: 'a release is immutable: leave out --release, so that the server gives the next number',
};

const byStatus: Readonly<Record<number, string>> = {
  400: 'correct the command; `cameleer VERB --help` shows its form',
  401: 'sign in with `cameleer login`',
  403: 'ask an Owner or Admin of the tenant, or an operator of the platform; `cameleer whoami` shows your roles',
  404: 'see what exists with `cameleer get` and `cameleer get TENANT`',
  409: 'see the present state with `cameleer status` and `cameleer history`',
  412: 'somebody changed it meanwhile: run the command again',
  413: 'send less at once',
  422: 'correct what the message names, then run the command again',
  429: 'wait a little, then run the command again',
  507: 'free disk space on the control plane’s machine, then run the command again',
};

function nextStep(status: number, problem: ProblemAnswer): string {
  const request = problem.requestId === undefined ? '' : ` (request ${problem.requestId})`;
  return byCode[problem.code ?? ''] ?? byStatus[status] ?? `look into the control plane’s log${request}`;
}
