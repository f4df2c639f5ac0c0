import { EngineError } from '../engine/index.ts';
import { LedgerError } from '../ledger/index.ts';
import { CodedError } from '../schemas/index.ts';

export type WorkflowErrorCode =
  | 'not_found'
  | 'release_exists'
  | 'release_not_found'
  | 'not_deployed'
  | 'nothing_to_promote'
  | 'no_environment'
  | 'no_environment_key'
  | 'builder_only'
  | 'already_exists'
  | 'seed_not_found'
  | 'unsafe_development_key'
  | 'unsafe_bind'
  | 'hook_secret_unusable'
  | 'not_watched'
  | 'idempotency_key_reused'
  | 'held'
  | 'requests_over_limit'
  | 'request_settled'
  | 'request_changed'
  | 'own_request'
  | 'not_its_author'
  | 'plan_outdated'
  | 'approvals_missing'
  | 'nothing_to_merge'
  | 'backup_invalid'
  | 'backup_exists'
  | 'backup_incomplete'
  | 'not_empty';

/** What a workflow refuses; the message is safe to show and says what to do. */
export class WorkflowError extends CodedError<WorkflowErrorCode> {
  override readonly name = 'WorkflowError';
}

/** An approval of a plan that is no longer what the request would do. */
export class PlanOutdatedError extends WorkflowError {
  /** The hash of what it would do now. */
  readonly planHash: string;
  constructor(planHash: string) {
    super('plan_outdated', 'What the request would do has changed since you looked. Read its plan again, then approve that.');
    this.planHash = planHash;
  }
}

/** What people mend without a change of the state. */
const mended: ReadonlySet<string> = new Set(['disk_full', 'remote_unauthorised', 'remote_host_unknown', 'remote_missing']);
const mendedSeconds = 60;

/** Of an error of the engine or the ledger that ends without a change of what was asked for: in how many seconds it is worth trying again. */
export function passesIn(error: unknown): number | undefined {
  if (!(error instanceof EngineError) && !(error instanceof LedgerError)) return undefined;
  return error.retryAfterSeconds ?? (mended.has(error.code) ? mendedSeconds : undefined);
}
