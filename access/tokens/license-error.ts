import { CodedError } from '../../schemas/index.ts';

/**
 * - `license_malformed`: not a licence token of ours.
 * - `license_unknown_key`, `license_bad_signature`: not issued under a trusted key.
 * - `license_development_key`: issued under a development root where that isn't accepted.
 * - `license_wrong_tenant`: another tenant's licence.
 */
export type LicenseErrorCode = 'license_malformed' | 'license_unknown_key' | 'license_bad_signature' | 'license_development_key' | 'license_wrong_tenant';

export class LicenseError extends CodedError<LicenseErrorCode> {
  override readonly name = 'LicenseError';
}
