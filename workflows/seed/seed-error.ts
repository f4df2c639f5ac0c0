import { CodedError } from '../../schemas/index.ts';

/**
 * - `seed_invalid`: the example does not hold what seeding needs.
 * - `seed_secret_missing`: a Secret of the example has no dummy values, or others than it should.
 */
export type SeedErrorCode = 'seed_invalid' | 'seed_secret_missing';

export class SeedError extends CodedError<SeedErrorCode> {
  override readonly name = 'SeedError';
}
