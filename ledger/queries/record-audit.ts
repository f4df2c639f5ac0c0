import canonicalize from 'canonicalize';
import { inBatches } from '../in-batches.ts';
import type { Database, Sql } from '../ledger.ts';
import { auditHash, auditRecordOf } from './audit-event.ts';
import type { AuditEntry, AuditRecord, AuditRow } from './audit-event.ts';

interface Head extends Record<string, unknown> {
  readonly chain: string;
  readonly sequence: number;
  readonly hash: string;
  readonly at: string;
}

/** An event and the text that is hashed. */
interface Written {
  readonly record: AuditRecord;
  readonly text: string;
}

/**
 * Appends to the chain, in a transaction with others that are recorded at the same time: the head rows are locked, so that
 * the chains have no forks. The same request, phase and action again answers the first record. When it throws, nothing was
 * recorded and the caller must not go on.
 */
export const recordAudit: (database: Database, entry: AuditEntry) => Promise<AuditRecord> = inBatches((database, entries: readonly AuditEntry[]) =>
  database.transaction((sql) => appendAll(sql, entries)));

/** Does it in the caller's transaction, so that what the event tells is recorded with it or not at all. */
export async function appendAudit(sql: Sql, entry: AuditEntry): Promise<AuditRecord> {
  const [record] = await appendAll(sql, [entry]);
  if (record === undefined) throw new TypeError('An audit entry was appended without a record.');
  return record;
}

async function appendAll(sql: Sql, entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]> {
  const heads = await lockHeads(sql, [...new Set(entries.map(({ chain }) => chain))].sort());
  const records = await knownRecords(sql, entries);
  const written: Written[] = [];
  const answers: AuditRecord[] = [];
  for (const entry of entries) {
    const known = records.get(keyOf(entry));
    if (known !== undefined) {
      answers.push(known);
      continue;
    }
    const one = next(heads.get(entry.chain), entry);
    written.push(one);
    heads.set(entry.chain, one.record);
    records.set(keyOf(entry), one.record);
    answers.push(one.record);
  }
  if (written.length > 0) await append(sql, written);
  return answers;
}

function keyOf({ chain, requestId, phase, action }: AuditEntry): string {
  return JSON.stringify([chain, requestId, phase, action]);
}

type Place = Pick<Head, 'sequence' | 'hash' | 'at'>;

/** Locks the heads, in order, so that no two wait for each other; a chain's first event makes its head. */
async function lockHeads(sql: Sql, chains: readonly string[]): Promise<Map<string, Place>> {
  const heads = await lockKnownHeads(sql, chains);
  const missing = chains.filter((chain) => !heads.has(chain));
  if (missing.length === 0) return heads;
  await sql.query('insert into audit_heads (chain) select unnest($1::text[]) on conflict do nothing', [missing]);
  return new Map([...heads, ...(await lockKnownHeads(sql, missing))]);
}

/** `at` is the time for the next event: now, but never before the last one, also when the clock was set back. */
async function lockKnownHeads(sql: Sql, chains: readonly string[]): Promise<Map<string, Place>> {
  const heads = await sql.query<Head>(
    `select chain, sequence, hash, to_char(greatest(at, clock_timestamp()) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from audit_heads where chain = any($1) order by chain for update`,
    [chains],
  );
  return new Map(heads.map((head) => [head.chain, head]));
}

/** Those of the entries that were recorded before, and perhaps others of the same requests. */
async function knownRecords(sql: Sql, entries: readonly AuditEntry[]): Promise<Map<string, AuditRecord>> {
  const rows = await sql.query<AuditRow>('select event, hash from audit_events where chain = any($1) and request_id = any($2)', [entries.map(({ chain }) => chain), entries.map(({ requestId }) => requestId)]);
  return new Map(rows.map(auditRecordOf).map((record) => [keyOf(record), record]));
}

function next(head: Place | undefined, entry: AuditEntry): Written {
  if (head === undefined) throw new TypeError('The head of the chain was inserted and is not there.');
  const event = { ...entry, sequence: head.sequence + 1, at: head.at };
  const text = canonicalize(event);
  if (text === undefined) throw new TypeError('An audit entry must be JSON.');
  return { record: { ...event, hash: auditHash(head.hash, text) }, text };
}

/** In order: of several events of a chain the last one is its head. */
async function append(sql: Sql, written: readonly Written[]): Promise<void> {
  const heads = [...new Map(written.map(({ record }) => [record.chain, record])).values()];
  await sql.query(
    `with added as (insert into audit_events (chain, sequence, event, hash) select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[]))
     update audit_heads set sequence = head.sequence, at = head.at::timestamptz, hash = head.hash
     from unnest($5::text[], $6::bigint[], $7::text[], $8::text[]) as head (chain, sequence, at, hash) where audit_heads.chain = head.chain`,
    [
      ...columns(written, ({ record, text }) => [record.chain, record.sequence, text, record.hash]),
      ...columns(heads, ({ chain, sequence, at, hash }) => [chain, sequence, at, hash]),
    ],
  );
}

/** Rows of four as four columns, which a query takes as four parameters however many rows there are. */
function columns<T>(rows: readonly T[], of: (row: T) => readonly [unknown, unknown, unknown, unknown]): unknown[][] {
  const values = rows.map(of);
  return ([0, 1, 2, 3] as const).map((index) => values.map((row) => row[index]));
}
