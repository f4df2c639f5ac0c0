export { actionReach } from './action-reach.ts';
export type { Reach } from './action-reach.ts';
export { bindingsOf, decide, isAuditor, isOperator } from './decide.ts';
export type { Decide, Decision, Question, Subject } from './decide.ts';
export { mayClone } from './may-clone.ts';
export { mayGrant } from './may-grant.ts';
export { hashToken, LicenseError, licenseStatus, newToken, signLicense, verifyLicense } from './tokens/index.ts';
export type { LicenseErrorCode, LicenseKey, LicenseStatus, LicenseTerms, NewToken, Random, VerifiedLicense, VerifyLicenseOptions } from './tokens/index.ts';
