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
  | 'not_watched'
  | 'idempotency_key_reused'
  | 'held';

/** What a workflow refuses; the message is safe to show and says what to do. */
export class WorkflowError extends CodedError<WorkflowErrorCode> {
  override readonly name = 'WorkflowError';
}
