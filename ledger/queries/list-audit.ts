import type { Sql } from '../ledger.ts';
import { auditRecordOf } from './audit-event.ts';
import type { AuditRecord, AuditRow } from './audit-event.ts';

export interface AuditPage {
  readonly chain: string;
  /** Sequence after which the page begins; 0 for the start. */
  readonly after?: number;
  /** At most 1,000. */
  readonly limit?: number;
}

/** A page of a chain, oldest first. */
export async function listAudit(sql: Sql, { chain, after = 0, limit = 100 }: AuditPage): Promise<readonly AuditRecord[]> {
  const rows = await sql.query<AuditRow>(
    'select event, hash from audit_events where chain = $1 and sequence > $2 order by sequence limit $3',
    [chain, after, Math.min(limit, 1000)],
  );
  return rows.map(auditRecordOf);
}
