/**
 * - `ledger_locked`: another process has the embedded ledger open.
 * - `ledger_newer`: the ledger was written by a newer version of this program.
 * - `migration_changed`: a migration that was applied is not the one that stands here.
 * - `ledger_unreachable`: no PostgreSQL answered.
 * - `ledger_unavailable`: no answer came in time, or the connection broke. Whether a change was recorded is not known; a
 *   change of the state did not begin, or the next start finds it in Git.
 * - `person_exists`: that id or e-mail address is taken.
 * - `disk_full`: there is no space left where the ledger is kept; nothing was changed.
 * - `not_writable`: the disk of the embedded ledger only reads, or fails; nothing was changed.
 * - `ledger_not_empty`: there is something where a backup shall be restored.
 * - `dump_invalid`: what shall be restored is no dump, or half of one.
 * - `corrupt_row`: the database answered something that the schema rules out.
 */
export type LedgerErrorCode = 'ledger_locked' | 'ledger_newer' | 'migration_changed' | 'ledger_unreachable' | 'ledger_unavailable' | 'person_exists' | 'disk_full' | 'not_writable' | 'corrupt_row' | 'ledger_not_empty' | 'dump_invalid';

const retrySeconds = 5;

/** `code` is stable; `message` says what is wrong and what to do, and is safe to show. */
export class LedgerError extends Error {
  override readonly name = 'LedgerError';
  readonly code: LedgerErrorCode;
  /** When it makes sense to ask again. */
  readonly retryAfterSeconds: number | undefined;
  constructor(code: LedgerErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
    this.retryAfterSeconds = code === 'ledger_unavailable' || code === 'not_writable' ? retrySeconds : undefined;
  }
}
