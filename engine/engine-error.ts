import { CodedError } from '../schemas/index.ts';
import type { Opening } from '../synth/types.ts';
import type { ObjectRef, Problem } from '../schemas/index.ts';
import type { ToldErrorCode } from './git/index.ts';
import type { FieldConflict } from './plan/types.ts';

/**
 * - `precondition_failed`: the object is not what the caller read; `conflict` compares field by field
 * - `conflict`: the object exists already
 * - `not_found`: the object or commit does not exist
 * - `invalid`: the result breaks rules, which `problems` tells
 * - `not_authorised`: thrown by the authorisation that is passed in
 * - `quarantined`: the tenant is quarantined and the write does not end it; `problems` tells what does
 * - `isolation`: the result opens a path between tenants, which `openings` tells
 * - `revert_conflict`: fields to revert have changed again since, which `conflicts` tells
 * - `key_rotated`: a secret to revert is encrypted to a key that its environment had before
 * - `nothing_to_revert`: the commit changed nothing that a revert touches
 * - `request_conflict`: others have changed the fields that a change request changes, which `conflicts` tells
 * - `request_merged`: the change request is on `main` already, in the commit that `merged` names
 * - `request_gone`: the commit of the change request is no longer in the repository
 * - `branch_taken`: the branch of the change request exists already, or has moved
 * - `nothing_to_request`: the change changes nothing
 * - `push_outdated`: `main` has moved since the client of a push fetched it
 * - `not_fast_forward`: what is pushed does not stand on `main` along first parents
 * - `keys_unreadable`: what should hold public keys to verify with holds none, or something else besides
 * - `main_unreadable`: `main` stands at a commit that can not be read; what was in force before it stays so
 * - `index_building`: the index of the history is being made; everything else works meanwhile
 * - `overloaded`: too many writes wait already; nothing was changed
 * - `overtaken`: others move `main` faster than the change can be made; nothing was changed
 * - `closed`: the engine has been closed
 * - those of `ToldErrorCode`: what `GitError` says of them; nothing was changed, but for `outcome_unknown`, which the same
 *   Request-Id finds or does. Where a branch is protected, a change request is the way
 */
export type EngineErrorCode =
  | ToldErrorCode
  | 'precondition_failed'
  | 'conflict'
  | 'not_found'
  | 'invalid'
  | 'not_authorised'
  | 'quarantined'
  | 'isolation'
  | 'revert_conflict'
  | 'nothing_to_revert'
  | 'key_rotated'
  | 'request_conflict'
  | 'request_merged'
  | 'request_gone'
  | 'branch_taken'
  | 'nothing_to_request'
  | 'main_unreadable'
  | 'index_building'
  | 'overloaded'
  | 'overtaken'
  | 'push_outdated'
  | 'not_fast_forward'
  | 'keys_unreadable'
  | 'closed';

export interface EngineErrorDetails {
  readonly cause?: unknown;
  readonly problems?: readonly Problem[];
  readonly openings?: readonly Opening[];
  readonly conflict?: ObjectConflict;
  /** All objects that conflict, where it may be several. */
  readonly conflicts?: readonly ObjectConflict[];
  readonly merged?: string;
  readonly retryAfterSeconds?: number | undefined;
}

export interface ObjectConflict {
  /** `undefined` for a file that holds no object. */
  readonly ref: ObjectRef | undefined;
  readonly path: string;
  /** Blob id as of the head; `null`: there is no such object. */
  readonly etag: string | null;
  readonly fields: readonly FieldConflict[];
}

export class EngineError extends CodedError<EngineErrorCode> {
  override readonly name = 'EngineError';
  readonly problems: readonly Problem[] | undefined;
  readonly openings: readonly Opening[] | undefined;
  readonly conflict: ObjectConflict | undefined;
  readonly conflicts: readonly ObjectConflict[] | undefined;
  readonly merged: string | undefined;
  /** When it makes sense to try again; the same request, because a refused one changed nothing. */
  readonly retryAfterSeconds: number | undefined;
  constructor(code: EngineErrorCode, message: string, details: EngineErrorDetails = {}) {
    super(code, message, 'cause' in details ? { cause: details.cause } : undefined);
    this.problems = details.problems;
    this.openings = details.openings;
    this.conflict = details.conflict;
    this.conflicts = details.conflicts;
    this.merged = details.merged;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}
