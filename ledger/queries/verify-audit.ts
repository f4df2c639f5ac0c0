import type { Row, Sql } from '../ledger.ts';
import { auditHash } from './audit-event.ts';

export interface AuditVerdict {
  readonly intact: boolean;
  /** Events up to which the chain holds. */
  readonly events: number;
  /** Sequence of the first event that is missing, changed or not the head's. */
  readonly brokenAt?: number;
}

interface ChainRow extends Row {
  readonly sequence: number;
  readonly event: string;
  readonly hash: string;
}

const pageSize = 1000;

/**
 * Computes the chain again. Finds changed, removed and reordered events, and a tail that was cut off unless the head was
 * set back with it: only checkpoints kept elsewhere could show that.
 */
export async function verifyAudit(sql: Sql, chain: string): Promise<AuditVerdict> {
  const [head] = await sql.query<{ sequence: number; hash: string }>('select sequence, hash from audit_heads where chain = $1', [chain]);
  let hash = '0'.repeat(64);
  let sequence = 0;
  for (;;) {
    const rows = await sql.query<ChainRow>(
      'select sequence, event, hash from audit_events where chain = $1 and sequence > $2 order by sequence limit $3',
      [chain, sequence, pageSize],
    );
    for (const row of rows) {
      hash = auditHash(hash, row.event);
      if (row.sequence !== sequence + 1 || row.hash !== hash) return { intact: false, events: sequence, brokenAt: sequence + 1 };
      sequence = row.sequence;
    }
    if (rows.length < pageSize) break;
  }
  const complete = head === undefined ? sequence === 0 : head.sequence === sequence && head.hash === hash;
  return complete ? { intact: true, events: sequence } : { intact: false, events: sequence, brokenAt: sequence + 1 };
}
