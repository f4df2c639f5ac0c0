import { CodedError } from '../schemas/index.ts';

/**
 * - `malformed`: not a SOPS file that this project writes or reads.
 * - `bad_recipient`, `bad_identity`: not an age X25519 key.
 * - `bad_value`: a value that can't be kept in a Kubernetes Secret.
 * - `no_identity`: none of the given identities opens the file.
 * - `value_tampered`: a value does not belong to this key, this place or this file.
 * - `mac_missing`, `mac_mismatch`: the file as a whole was changed after it was encrypted.
 */
export type SecretsErrorCode = 'malformed' | 'bad_recipient' | 'bad_identity' | 'bad_value' | 'no_identity' | 'value_tampered' | 'mac_missing' | 'mac_mismatch';

/** No message ever carries a value, a key or a part of one. */
export class SecretsError extends CodedError<SecretsErrorCode> {
  override readonly name = 'SecretsError';
}
