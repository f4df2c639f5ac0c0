import type { ClusterErrorCode } from '../cluster/index.ts';
import type { EngineErrorCode } from '../engine/index.ts';
import type { ImageErrorCode } from '../images/index.ts';
import { LedgerError, type LedgerErrorCode } from '../ledger/index.ts';
import { CodedError } from '../schemas/index.ts';
import type { SecretsErrorCode } from '../secrets/index.ts';
import type { WorkflowErrorCode } from '../workflows/index.ts';

export type ApiErrorCode =
  | 'invalid_request'
  | 'invalid_json'
  | 'unauthenticated'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'unsupported_media_type'
  | 'not_acceptable'
  | 'body_too_large'
  | 'headers_too_large'
  | 'request_timeout'
  | 'precondition_required'
  | 'idempotency_key_reused'
  | 'request_running'
  | 'busy'
  | 'too_many_reads'
  | 'too_many_pushes'
  | 'starting'
  | 'shutting_down'
  | 'internal'
  | 'bad_configuration'
  | 'port_in_use';

/** One field of a request that is wrong; `pointer` begins with `/path`, `/query`, `/header` or `/body`. */
export interface FieldError {
  readonly pointer: string;
  readonly message: string;
}

export interface ApiErrorDetails {
  readonly problems?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

export class ApiError extends CodedError<ApiErrorCode> {
  override readonly name = 'ApiError';
  readonly problems: readonly FieldError[] | undefined;
  readonly headers: Readonly<Record<string, string>>;
  constructor(code: ApiErrorCode, message: string, details: ApiErrorDetails = {}) {
    super(code, message, 'cause' in details ? { cause: details.cause } : undefined);
    this.problems = details.problems;
    this.headers = details.headers ?? {};
  }
}

/** Codes that are answered with their own message. What is not here is a fault of ours: 500 `internal`, details in the log. */
type Shown = ApiErrorCode | WorkflowErrorCode | EngineErrorCode | ImageErrorCode | Extract<ClusterErrorCode, 'data_directory_in_use' | 'data_directory_unusable'> | Extract<SecretsErrorCode, 'bad_value' | 'bad_recipient' | 'malformed'> | Extract<LedgerErrorCode, 'disk_full' | 'not_writable' | 'ledger_unavailable'>;

/** The one catalogue: code → HTTP status and title. */
export const catalogue: Readonly<Record<Shown, readonly [status: number, title: string]>> = {
  invalid_request: [400, 'The request is not as described'],
  invalid_json: [400, 'The body is not JSON'],
  unauthenticated: [401, 'Sign in'],
  forbidden: [403, 'Not allowed'],
  not_authorised: [403, 'Not allowed'],
  builder_only: [403, 'Only the builder makes releases'],
  not_found: [404, 'Not found'],
  release_not_found: [404, 'No such release'],
  not_deployed: [404, 'Not deployed here'],
  method_not_allowed: [405, 'Method not allowed'],
  not_acceptable: [406, 'No such representation'],
  conflict: [409, 'Exists already'],
  already_exists: [409, 'Exists already'],
  release_exists: [409, 'The release exists with other bytes'],
  held: [409, 'The deployment is held'],
  backup_exists: [409, 'Exists already'],
  backup_incomplete: [409, 'No consistent pair'],
  not_empty: [409, 'Not empty'],
  backup_invalid: [422, 'Not a usable backup'],
  quarantined: [409, 'The tenant is quarantined'],
  revert_conflict: [409, 'Later changes stand in the way'],
  nothing_to_revert: [409, 'Nothing to revert'],
  key_rotated: [409, 'The key has changed since'],
  nothing_to_promote: [409, 'Nothing to promote'],
  no_environment: [409, 'No environment'],
  no_environment_key: [409, 'The environment has no key'],
  request_conflict: [409, 'Others have changed what it changes'],
  request_merged: [409, 'Merged already'],
  request_gone: [410, 'The change is no longer there'],
  branch_taken: [409, 'Moved by somebody else'],
  nothing_to_request: [409, 'Nothing to request'],
  requests_over_limit: [409, 'Too many open change requests'],
  request_settled: [409, 'Merged or closed already'],
  request_changed: [409, 'The request has changed'],
  own_request: [403, 'Nobody approves their own change'],
  not_its_author: [403, 'It is somebody else’s change request'],
  plan_outdated: [409, 'The plan has changed'],
  approvals_missing: [409, 'Approvals are missing'],
  nothing_to_merge: [409, 'Nothing to merge'],
  push_outdated: [409, 'Fetch first'],
  not_fast_forward: [409, 'Non-fast-forward'],
  request_running: [409, 'The same request is being worked on'],
  idempotency_key_reused: [409, 'The Idempotency-Key was used for another request'],
  precondition_failed: [412, 'The object has changed since it was read'],
  body_too_large: [413, 'The body is too large'],
  jar_too_large: [413, 'The JAR is too large'],
  headers_too_large: [431, 'The headers are too large'],
  request_timeout: [408, 'The request took too long'],
  too_many_reads: [429, 'Too many clones at once'],
  too_many_pushes: [429, 'Too many pushes at once'],
  unsupported_media_type: [415, 'Media type not supported'],
  invalid: [422, 'The state would be invalid'],
  isolation: [422, 'Tenants would no longer be isolated'],
  malformed: [422, 'Not a SOPS file'],
  bad_recipient: [422, 'Not an age recipient'],
  bad_value: [422, 'Not a value that a Secret can hold'],
  upload_cut: [400, 'The upload ended early'],
  upload_empty: [400, 'The upload is empty'],
  not_a_zip: [422, 'Not a JAR'],
  jar_truncated: [422, 'The JAR is cut off'],
  jar_prefixed: [422, 'The JAR begins with something else'],
  jar_corrupt: [422, 'The JAR is corrupt'],
  encrypted_entry: [422, 'The JAR holds an encrypted entry'],
  symlink_entry: [422, 'The JAR holds a symbolic link'],
  unsupported_compression: [422, 'The JAR is compressed in an unknown way'],
  path_traversal: [422, 'An entry of the JAR leaves its folder'],
  bad_entry_name: [422, 'An entry of the JAR has an impossible name'],
  duplicate_entry: [422, 'An entry of the JAR occurs twice'],
  zip_bomb: [422, 'The JAR would unpack to too much'],
  too_many_entries: [422, 'The JAR has too many entries'],
  nested_too_deep: [422, 'JARs are nested too deep'],
  nested_too_large: [422, 'A nested JAR is too large'],
  no_main_class: [422, 'No main class'],
  not_self_contained: [422, 'The JAR is not self-contained'],
  base_not_found: [503, 'The base image is not there'],
  base_unsupported: [503, 'The base image can not be used'],
  digest_mismatch: [503, 'The registry holds damaged content'],
  blob_unknown: [503, 'The registry lacks content'],
  manifest_unknown: [503, 'The registry lacks the image'],
  name_invalid: [422, 'Not a repository name'],
  tag_invalid: [422, 'Not a tag'],
  bad_layer: [503, 'The image can not be unpacked'],
  precondition_required: [428, 'Say which version you change'],
  internal: [500, 'Something went wrong on our side'],
  not_watched: [501, 'Nothing here watches that cell'],
  keys_unreadable: [422, 'No keys to verify with'],
  branch_protected: [409, 'The Git host protects the branch'],
  push_declined: [409, 'The Git host declined the change'],
  main_unreadable: [503, 'The state can not be read'],
  index_building: [503, 'The index of the history is being made'],
  overloaded: [503, 'Too many changes wait'],
  overtaken: [503, 'Others keep moving the state'],
  remote_unavailable: [503, 'The Git host can not be reached'],
  remote_unauthorised: [503, 'The Git host refuses the platform'],
  remote_host_unknown: [503, 'The Git host is not the known one'],
  remote_missing: [503, 'The Git host lacks the state repository'],
  ref_locked: [503, 'The state repository is locked'],
  outcome_unknown: [503, 'Whether the change was stored is not known'],
  closed: [503, 'Shutting down'],
  busy: [503, 'Too much at once'],
  ledger_unavailable: [503, 'The ledger does not answer'],
  starting: [503, 'Starting'],
  shutting_down: [503, 'Shutting down'],
  disk_full: [507, 'No space left'],
  not_writable: [503, 'The disk can not be written'],
  bad_configuration: [500, 'Bad configuration'],
  unsafe_bind: [500, 'Unsafe address'],
  hook_secret_unusable: [500, 'The secret of the webhook can not be used'],
  port_in_use: [500, 'The port is in use'],
  data_directory_in_use: [500, 'The data directory is in use'],
  data_directory_unusable: [500, 'The data directory can not be used'],
  seed_not_found: [500, 'There is nothing to seed from'],
  unsafe_development_key: [500, 'A development key in production'],
};

/** Status and title of an error that may be shown; `undefined` for everything else. */
export function shown(error: unknown): { readonly error: CodedError | LedgerError; readonly status: number; readonly title: string } | undefined {
  if (!isShown(error)) return undefined;
  const [status, title] = catalogue[error.code as Shown];
  return { error, status, title };
}

function isShown(error: unknown): error is CodedError | LedgerError {
  return (error instanceof CodedError || error instanceof LedgerError) && Object.hasOwn(catalogue, error.code);
}
