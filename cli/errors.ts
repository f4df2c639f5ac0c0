import { CodedError } from '../schemas/coded-error.ts';
import { exitCodes, type ExitCode } from './exit.ts';

export type CliErrorCode =
  | 'plan_outdated' | 'plan_unknown'
  | 'usage' | 'not_reachable' | 'connection_lost' | 'not_signed_in' | 'insecure_address' | 'interrupted' | 'timeout' | 'rollout_failed' | 'not_watched' | 'nothing_to_roll_back'
  | 'file_not_readable' | 'folder_not_empty' | 'not_a_state_repository' | 'unknown_revision' | 'credential_file_unsafe' | 'bad_answer'
  | 'not_confirmed' | 'requirement_missing' | 'demo_failed' | 'server_failed';

const exitOf: Partial<Record<CliErrorCode, ExitCode>> = {
  usage: exitCodes.usage,
  not_reachable: exitCodes.notReachable,
  connection_lost: exitCodes.notReachable,
  interrupted: exitCodes.interrupted,
  timeout: exitCodes.failed,
  rollout_failed: exitCodes.failed,
  not_watched: exitCodes.failed,
  demo_failed: exitCodes.failed,
  server_failed: exitCodes.serverFailed,
  bad_answer: exitCodes.serverFailed,
};

/** An error of this side. `next` is what the user does about it, one line. */
export class CliError extends CodedError<CliErrorCode> {
  override readonly name = 'CliError';
  readonly next: string;
  readonly exitCode: ExitCode;
  constructor(code: CliErrorCode, message: string, options: { next: string; cause?: unknown }) {
    super(code, message, options);
    this.next = options.next;
    this.exitCode = exitOf[code] ?? exitCodes.refused;
  }
}
