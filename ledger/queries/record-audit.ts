import canonicalize from 'canonicalize';
import type { Database, Sql } from '../ledger.ts';
import { auditHash, auditRecordOf } from './audit-event.ts';
import type { AuditEntry, AuditRecord, AuditRow } from './audit-event.ts';

interface Head extends Record<string, unknown> {
  readonly sequence: number;
  readonly hash: string;
  readonly at: string;
}

/**
 * Appends to the chain, in a transaction of its own: the head row is locked, so that the chain has no forks. The same
 * request, phase and action again answers the first record. When it throws, nothing was recorded and the caller must not
 * go on.
 */
export async function recordAudit(database: Database, entry: AuditEntry): Promise<AuditRecord> {
  return database.transaction((sql) => appendAudit(sql, entry));
}

/** Does it in the caller's transaction, so that what the event tells is recorded with it or not at all. */
export async function appendAudit(sql: Sql, entry: AuditEntry): Promise<AuditRecord> {
  const head = await lockHead(sql, entry.chain);
  const [known] = await sql.query<AuditRow>(
    'select event, hash from audit_events where chain = $1 and request_id = $2 and phase = $3 and action = $4',
    [entry.chain, entry.requestId, entry.phase, entry.action],
  );
  if (known !== undefined) return auditRecordOf(known);
  const sequence = head.sequence + 1;
  const event = canonicalize({ ...entry, sequence, at: head.at });
  if (event === undefined) throw new TypeError('An audit entry must be JSON.');
  const hash = auditHash(head.hash, event);
  await sql.query('insert into audit_events (chain, sequence, event, hash) values ($1, $2, $3, $4)', [entry.chain, sequence, event, hash]);
  await sql.query('update audit_heads set sequence = $2, at = $3, hash = $4 where chain = $1', [entry.chain, sequence, head.at, hash]);
  return { ...entry, sequence, at: head.at, hash };
}

/** Locks the head; `at` is the time for the next event: now, but never before the last one, also when the clock was set back. */
async function lockHead(sql: Sql, chain: string): Promise<Head> {
  await sql.query('insert into audit_heads (chain) values ($1) on conflict do nothing', [chain]);
  const [head] = await sql.query<Head>(
    `select sequence, hash, to_char(greatest(at, clock_timestamp()) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from audit_heads where chain = $1 for update`,
    [chain],
  );
  if (head === undefined) throw new TypeError('The head of the chain was inserted and is not there.');
  return head;
}
