import type { Row, Sql } from '../ledger.ts';
import { LedgerError } from '../ledger-error.ts';

/** One request of one subject, under the key that the subject gave it. */
export interface RequestKey {
  readonly subject: string;
  readonly key: string;
}

export type RequestClaim =
  /** The caller's: answer or release it. */
  | { readonly state: 'new' }
  /** Somebody works on it. */
  | { readonly state: 'running' }
  | { readonly state: 'answered'; readonly status: number; readonly body: string }
  /** The key was used for another request. */
  | { readonly state: 'mismatch' };

export interface ClaimOptions extends RequestKey {
  /** Hash of method, path and body. */
  readonly fingerprint: string;
  readonly now: Date;
  /** A claim without an answer that began before this time counts as abandoned, as by a crash, and is taken over. */
  readonly abandonedBefore: Date;
}

interface RequestRow extends Row {
  readonly fingerprint: string;
  readonly status: number | null;
  readonly body: string | null;
}

export async function claimRequest(sql: Sql, { subject, key, fingerprint, now, abandonedBefore }: ClaimOptions): Promise<RequestClaim> {
  const claimed = await sql.query(
    `insert into requests (subject, key, fingerprint, started_at) values ($1, $2, $3, $4)
     on conflict (subject, key) do update set started_at = excluded.started_at
       where requests.status is null and requests.started_at < $5 and requests.fingerprint = excluded.fingerprint
     returning key`,
    [subject, key, fingerprint, now, abandonedBefore],
  );
  if (claimed.length > 0) return { state: 'new' };
  const [row] = await sql.query<RequestRow>('select fingerprint, status, body from requests where subject = $1 and key = $2', [subject, key]);
  if (row === undefined) return { state: 'running' };
  return stateOf(row, fingerprint);
}

function stateOf(row: RequestRow, fingerprint: string): RequestClaim {
  if (row.fingerprint !== fingerprint) return { state: 'mismatch' };
  if (row.status === null) return { state: 'running' };
  if (row.body === null) throw new LedgerError('corrupt_row', 'A request was answered without a body. Repeat it under another key.');
  return { state: 'answered', status: row.status, body: row.body };
}
