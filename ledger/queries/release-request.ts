import type { Sql } from '../ledger.ts';
import type { RequestKey } from './claim-request.ts';

/** Gives a claim back unanswered, so that the request may be tried again under its key. */
export async function releaseRequest(sql: Sql, { subject, key }: RequestKey): Promise<void> {
  await sql.query('delete from requests where subject = $1 and key = $2 and status is null', [subject, key]);
}
