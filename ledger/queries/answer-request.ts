import type { Sql } from '../ledger.ts';
import type { RequestKey } from './claim-request.ts';

/** Keeps the answer for whoever repeats the request. */
export async function answerRequest(sql: Sql, { subject, key, status, body }: RequestKey & { readonly status: number; readonly body: string }): Promise<void> {
  await sql.query('update requests set status = $3, body = $4 where subject = $1 and key = $2 and status is null', [subject, key, status, body]);
}
