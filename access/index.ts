export { bindingsOf, decide, isAuditor, isOperator } from './decide.ts';
export type { Decide, Decision, Question, Subject } from './decide.ts';
export { mayClone } from './may-clone.ts';
export { mayGrant } from './may-grant.ts';
export { reviewPlatform, reviewTenant } from './review.ts';
export type { AccessRow } from './review.ts';
export { hashToken, LicenseError, licenseStatus, newToken, signLicense, verifyLicense } from './tokens/index.ts';
export type { LicenseErrorCode, LicenseKey, LicenseStatus, LicenseTerms, NewToken, Random, VerifiedLicense, VerifyLicenseOptions } from './tokens/index.ts';
