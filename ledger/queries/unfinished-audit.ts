import type { Sql } from '../ledger.ts';
import { auditRecordOf } from './audit-event.ts';
import type { AuditRecord, AuditRow } from './audit-event.ts';

/**
 * What was intended and neither done nor failed: what a crash left open, to be settled from Git by `requestId`. While the
 * process runs, requests under way are among them.
 */
export async function unfinishedAudit(sql: Sql): Promise<readonly AuditRecord[]> {
  const rows = await sql.query<AuditRow>(
    `select event, hash from audit_events intended
     where phase = 'intended' and not exists (
       select from audit_events settled
       where settled.chain = intended.chain and settled.request_id = intended.request_id
         and settled.action = intended.action and settled.phase in ('done', 'failed'))
     order by chain, sequence`,
  );
  return rows.map(auditRecordOf);
}
