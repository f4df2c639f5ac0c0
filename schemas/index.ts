export { CodedError } from './coded-error.ts';
export { compareProblems, formatProblem, hasErrors } from './problem.ts';
export type { Position, Problem } from './problem.ts';
export type {
  ApplicationState, Claim, EnvironmentState, KindName, Kinds, Loaded, ObjectRef, PlatformState, RawFile, TenantState,
} from './state.ts';
export type {
  Action, AppDeployment, Application, Binding, Cell, Environment, EnvironmentKey, Hold, Ingress, Labels, License, Limit, Member, Permission, Platform,
  Probe, PublicKey, Release, Resources, Role, ServiceAccount, Settings, SopsSecret, SsoConnection, Team, Tenant, Tier, VaultConnection,
} from './types.ts';

export { isTenantId, pathOfRef, refOfPath, tenantDirectory, tenantOfPath } from './places.ts';
export { actionReach } from './action-reach.ts';
export type { Reach } from './action-reach.ts';
export { ownerOf } from './owner.ts';
export { cellOfEnvironment } from './cell-of-environment.ts';
export { commonSchema, compileSchema, kindSchemas } from './compile.ts';
export type { SchemaCheck } from './compile.ts';
export type { FieldProblem } from './describe-errors.ts';
export { loadFile, MAX_FILE_BYTES } from './parse/load-file.ts';
export type { LoadedFile } from './parse/load-file.ts';
export { readDocument } from './parse/yaml.ts';
export { readPlainYaml } from './parse/plain-yaml.ts';
export { loadTenant } from './load-tenant.ts';
export { loadPlatform } from './load-platform.ts';
export { blobId, readFolder } from './read-folder.ts';
export { problemsOfOther, unknownFile } from './unknown-file.ts';
export { loadState, validateState } from './validate-state.ts';
export type { State } from './validate-state.ts';
export { checkTransition, validatePlatform, validateTenant } from './validate.ts';
export { trustInForce } from './trust-in-force.ts';
export { approvalPolicies } from './approval-policy.ts';
export type { ApprovalPolicy } from './approval-policy.ts';
export { claimsOf, conflictingClaims } from './claims.ts';
export { limitCodes } from './rules/state/limit-codes.ts';
export { effectiveLimits } from './limits.ts';
export type { EffectiveLimits } from './limits.ts';
export { releasePayload } from './release-payload.ts';
export type { SignableRelease } from './release-payload.ts';
export { objectsOfPlatform, objectsOfTenant } from './objects.ts';
export { noticesOf, notEnforced } from './not-enforced.ts';
export { DEFAULT_RESOURCES, mebibytesOf, millicoresOf, reservedBy } from './rules/state/deployments-within-quota.ts';
export type { Reserved } from './rules/state/deployments-within-quota.ts';
export { platformRules } from './rules/platform/index.ts';
export { stateRules } from './rules/state/index.ts';
export { isOlder } from './rules/transition/release-change.ts';
export { transitionRules } from './rules/transition/index.ts';
export type { ChangedBy, CheckedState, PlatformRule, StateRule, Transition, TransitionRule } from './rules/rule.ts';
