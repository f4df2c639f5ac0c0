import { CodedError } from '../schemas/index.ts';

export type SynthErrorCode =
  /** Two objects would be written to one file. */
  | 'duplicate_file'
  /** The tenant names a cell, tier, application or release that the state doesn't hold. */
  | 'unresolved'
  /** A rendered file that was changed by hand is no manifest any more. */
  | 'unreadable'
  /** A range of the platform's files is no CIDR. */
  | 'invalid_range';

/** A state that can't be rendered. Validation finds each of these first, with its place in the file. */
export class SynthError extends CodedError<SynthErrorCode> {
  override readonly name = 'SynthError';
}
