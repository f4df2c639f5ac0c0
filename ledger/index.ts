export { LedgerError } from './ledger-error.ts';
export type { LedgerErrorCode } from './ledger-error.ts';
export type { Database, Row, Sql } from './ledger.ts';
export { openLedger } from './open-ledger.ts';
export type { Ledger, LedgerPlace } from './open-ledger.ts';
export { dumpLedger } from './dump-ledger.ts';
export type { DumpSummary } from './dump-ledger.ts';
export { restoreLedger } from './restore-ledger.ts';

export type { Person } from './queries/person.ts';
export { createPerson } from './queries/create-person.ts';
export { findPerson } from './queries/find-person.ts';
export { findPersonByEmail } from './queries/find-person-by-email.ts';
export { listPeople } from './queries/list-people.ts';

export type { Token, TokenSubject } from './queries/token.ts';
export { saveToken } from './queries/save-token.ts';
export type { NewTokenRow } from './queries/save-token.ts';
export { findToken } from './queries/find-token.ts';
export { listTokens } from './queries/list-tokens.ts';
export { revokeToken } from './queries/revoke-token.ts';

export { deny } from './queries/deny.ts';
export type { Denied } from './queries/deny.ts';
export { allowAgain } from './queries/allow-again.ts';
export { isDenied } from './queries/is-denied.ts';

export { platformChain } from './queries/audit-event.ts';
export type { AuditEntry, AuditPhase, AuditRecord } from './queries/audit-event.ts';
export { appendAudit, recordAudit } from './queries/record-audit.ts';
export { listAudit } from './queries/list-audit.ts';
export type { AuditPage } from './queries/list-audit.ts';
export { unfinishedAudit } from './queries/unfinished-audit.ts';
export { verifyAudit } from './queries/verify-audit.ts';
export type { AuditVerdict } from './queries/verify-audit.ts';

export { claimRequest } from './queries/claim-request.ts';
export type { ClaimOptions, RequestClaim, RequestKey } from './queries/claim-request.ts';
export { answerRequest } from './queries/answer-request.ts';
export { releaseRequest } from './queries/release-request.ts';
export { pruneRequests } from './queries/prune-requests.ts';

export type { ChangeRequestRecord, ChangeRequestStatus } from './queries/change-request.ts';
export { numberChangeRequest } from './queries/number-change-request.ts';
export type { NewChangeRequest } from './queries/number-change-request.ts';
export { findChangeRequest } from './queries/find-change-request.ts';
export { listChangeRequests } from './queries/list-change-requests.ts';
export type { ChangeRequestFilter } from './queries/list-change-requests.ts';
export { unsettledChangeRequests } from './queries/unsettled-change-requests.ts';
export { moveChangeRequest } from './queries/move-change-request.ts';
export type { ChangeRequestMove } from './queries/move-change-request.ts';
export { dropChangeRequest } from './queries/drop-change-request.ts';
export { approveChangeRequest } from './queries/approve-change-request.ts';
export { withdrawChangeApproval } from './queries/withdraw-change-approval.ts';
export { listChangeApprovals } from './queries/list-change-approvals.ts';
export type { ChangeApproval } from './queries/list-change-approvals.ts';
