import canonicalize from 'canonicalize';
import { inBatches } from '../in-batches.ts';
import type { Database, Row, Sql } from '../ledger.ts';
import { auditHash, auditRecordOf } from './audit-event.ts';
import type { AuditEntry, AuditRecord, AuditRow } from './audit-event.ts';

/** Where the next event of a chain goes. */
interface Place {
  /** Of the last event; 0 for none. */
  readonly sequence: number;
  readonly hash: string;
  /** For the next event: now, but never before the last one, also when the clock was set back. */
  readonly at: string;
}

interface PlaceRow extends Place, Row {
  readonly chain: string;
  readonly known: readonly AuditRow[] | null;
}

interface Chains {
  readonly places: ReadonlyMap<string, Place>;
  /** What was recorded before of the same requests, by `keyOf`. */
  readonly known: ReadonlyMap<string, AuditRecord>;
}

/** An event and the text that is hashed. */
interface Written {
  readonly record: AuditRecord;
  readonly text: string;
}

/**
 * Appends to the chain, together with others that are recorded at the same time. The chains have no forks: an event is added
 * only where its chain still ends as it was found. The same request, phase and action again answers the first record. When it
 * throws, nothing was recorded and the caller must not go on.
 */
export const recordAudit: (database: Database, entry: AuditEntry) => Promise<AuditRecord> = inBatches(async (database, entries: readonly AuditEntry[]) => {
  const chains = chainsOf(entries);
  const { answers, written } = linked(await read(database, chains, entries), entries);
  const behind = new Set(written.length === 0 ? [] : chains);
  if (written.length > 0) for (const chain of await append(database, written)) behind.delete(chain);
  const late = entries.filter(({ chain }) => behind.has(chain));
  // Another process was quicker there: again, with the chains locked.
  const again = late.length === 0 ? [] : await database.transaction((sql) => appendAll(sql, late));
  const rest = again.values();
  return entries.map((entry, index) => (behind.has(entry.chain) ? rest.next().value : answers[index]) ?? missing());
});

/** Does it in the caller's transaction, so that what the event tells is recorded with it or not at all. */
export async function appendAudit(sql: Sql, entry: AuditEntry): Promise<AuditRecord> {
  return (await appendAll(sql, [entry]))[0] ?? missing();
}

async function appendAll(sql: Sql, entries: readonly AuditEntry[]): Promise<readonly AuditRecord[]> {
  const chains = chainsOf(entries);
  await sql.query('insert into audit_heads (chain) select unnest($1::text[]) on conflict do nothing', [chains]);
  await sql.query('select from audit_heads where chain = any($1) order by chain for update', [chains]);
  const { answers, written } = linked(await read(sql, chains, entries), entries);
  if (written.length > 0) await append(sql, written);
  return answers;
}

/** In order, so that of two that lock them neither waits for the other. */
function chainsOf(entries: readonly AuditEntry[]): string[] {
  return [...new Set(entries.map(({ chain }) => chain))].sort();
}

function missing(): never {
  throw new TypeError('An audit entry was appended without a record.');
}

async function read(sql: Sql, chains: readonly string[], entries: readonly AuditEntry[]): Promise<Chains> {
  const rows = await sql.query<PlaceRow>(
    `select chain, coalesce(sequence, 0) as sequence, coalesce(hash, repeat('0', 64)) as hash,
       to_char(greatest(at, clock_timestamp()) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at,
       (select json_agg(json_build_object('event', event, 'hash', audit_events.hash)) from audit_events where audit_events.chain = asked.chain and request_id = any($2)) as known
     from unnest($1::text[]) as asked (chain) left join audit_heads using (chain)`,
    [chains, entries.map(({ requestId }) => requestId)],
  );
  const known = rows.flatMap((row) => row.known ?? []).map(auditRecordOf);
  return { places: new Map(rows.map((row) => [row.chain, row])), known: new Map(known.map((record) => [keyOf(record), record])) };
}

function keyOf({ chain, requestId, phase, action }: AuditEntry): string {
  return JSON.stringify([chain, requestId, phase, action]);
}

/** The record of each entry, and those of them that are new, each linked to the one before it. */
function linked({ places, known }: Chains, entries: readonly AuditEntry[]): { readonly answers: readonly AuditRecord[]; readonly written: readonly Written[] } {
  const [ends, records] = [new Map(places), new Map(known)];
  const written: Written[] = [];
  const answers = entries.map((entry) => {
    const found = records.get(keyOf(entry));
    if (found !== undefined) return found;
    const one = next(ends.get(entry.chain), entry);
    written.push(one);
    ends.set(entry.chain, one.record);
    records.set(keyOf(entry), one.record);
    return one.record;
  });
  return { answers, written };
}

function next(place: Place | undefined, entry: AuditEntry): Written {
  if (place === undefined) throw new TypeError('The place of the next event was asked for and is not there.');
  const event = { ...entry, sequence: place.sequence + 1, at: place.at };
  const text = canonicalize(event);
  if (text === undefined) throw new TypeError('An audit entry must be JSON.');
  return { record: { ...event, hash: auditHash(place.hash, text) }, text };
}

/**
 * Adds events, in the order of each chain, to the chains that end just before them, and answers which these are: one
 * statement, so that a chain gets all of its events or none.
 */
async function append(sql: Sql, written: readonly Written[]): Promise<readonly string[]> {
  const byChain = [...Map.groupBy(written, ({ record }) => record.chain).values()];
  const rows = await sql.query<{ readonly chain: string }>(
    `with wanted as (
       select * from unnest($5::text[], $6::bigint[], $7::bigint[], $8::text[], $9::text[]) as wanted (chain, found, sequence, at, hash)
     ), locked as (
       select chain, sequence from audit_heads where chain = any($5) order by chain for update
     ), moved as (
       update audit_heads set sequence = wanted.sequence, at = wanted.at::timestamptz, hash = wanted.hash
       from wanted join locked using (chain) where audit_heads.chain = wanted.chain and locked.sequence = wanted.found returning wanted.chain
     ), made as (
       insert into audit_heads (chain, sequence, at, hash)
       select chain, sequence, at::timestamptz, hash from wanted where found = 0 order by chain on conflict do nothing returning chain
     ), taken as (
       select chain from moved union all select chain from made
     ), added as (
       insert into audit_events (chain, sequence, event, hash)
       select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) as added (chain, sequence, event, hash) where added.chain in (select chain from taken)
     )
     select chain from taken`,
    [
      written.map(({ record }) => record.chain), written.map(({ record }) => record.sequence), written.map(({ text }) => text), written.map(({ record }) => record.hash),
      ...headColumns(byChain),
    ],
  );
  return rows.map(({ chain }) => chain);
}

/** Each chain, where it was found to end, and its new end. */
function headColumns(byChain: readonly (readonly Written[])[]): unknown[][] {
  const heads = byChain.map((events) => {
    const [first, last] = [events[0]?.record ?? missing(), events.at(-1)?.record ?? missing()];
    return { chain: last.chain, found: first.sequence - 1, sequence: last.sequence, at: last.at, hash: last.hash };
  });
  return (['chain', 'found', 'sequence', 'at', 'hash'] as const).map((name) => heads.map((head) => head[name]));
}
