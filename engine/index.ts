export { EngineError } from './engine-error.ts';
export type { EngineErrorCode, EngineErrorDetails, ObjectConflict } from './engine-error.ts';
export { GitError, isUnreadable } from './git/index.ts';
export type { GitErrorCode } from './git/index.ts';
export { checkCells } from './check-cells.ts';
export type { CellState, CellVerdict } from './check-cells.ts';
export { inspectRepository } from './inspect-repository.ts';
export type { RepositoryFault } from './inspect-repository.ts';
export { readStateFiles } from './read-state-files.ts';
export { checkObjects, countCommits, isAncestor, publicBytesOf, publicLine, readBundle, readReference, runGit, signSsh, verifySsh, writeBundle } from './git/index.ts';
export { generateStateKey, readStateKey } from './git/index.ts';
export type { StateKey } from './git/index.ts';
export { answerRead, makeSlots, makeSlotsBy, pushAdvertisement, pushHeartbeat, pushMessage, pushReport, readAdvertisement, readPushRequest, readReferences, receivePack } from './git/index.ts';
export type { PackLimits, PushCommand, PushReport, PushRequest, Quarantine as QuarantinedObjects, ReadOptions, Slots, SlotsBy } from './git/index.ts';
export { allowedSigners } from './audit/allowed-signers.ts';
export type { Finding, FindingCode, Severity } from './audit/finding.ts';
export { verifyRepository } from './audit/verify-repository.ts';
export type { Anchor, Verification, VerifyOptions } from './audit/verify-repository.ts';
export { initRepository } from './init-repository.ts';
export type { InitOptions } from './init-repository.ts';
export { judgeRepository } from './plan/judge-repository.ts';
export { PlanCrew } from './plan/plan-crew.ts';
export { planRepository } from './plan/plan-repository.ts';
export { openEngine } from './open-engine.ts';
export type { EngineOptions } from './open-engine.ts';
export { conflictError } from './requests/reapply.ts';
export type { ObjectReader } from './git/index.ts';
export type { Assessment, Proposal, RequestBranches, RequestRef } from './requests/types.ts';
export type {
  AuditRecord, Authorize, BlamedField, Change, Considered, CostEffect, DataAtRisk, Door, Draft, Engine, FieldChange, FieldConflict, FileChange, Head, HistoryEntry, HistoryFilter, Intent, ObjectChange, PastState, Plan, PlanOptions, PlanSummary, Precondition, Push, Quarantine,
  LeftAlone, Reencrypt, RenderedCell, RenderedChange, Revert, RevertChoice, RevertGroup, RevertRequest, RevertScope, RevertTake, Risk, StateBefore, TenantApprovalPolicy, WriteResult,
} from './types.ts';
