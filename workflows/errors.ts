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
