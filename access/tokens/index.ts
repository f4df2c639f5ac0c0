export { hashToken, newToken } from './new-token.ts';
export type { NewToken, Random } from './new-token.ts';
export { LicenseError } from './license-error.ts';
export type { LicenseErrorCode } from './license-error.ts';
export type { LicenseTerms } from './license-terms.ts';
export { signLicense } from './sign-license.ts';
export type { LicenseKey } from './sign-license.ts';
export { licenseStatus, verifyLicense } from './verify-license.ts';
export type { LicenseStatus, VerifiedLicense, VerifyLicenseOptions } from './verify-license.ts';
