import type { Sql } from '../ledger.ts';

/** Forgets requests that began before the time. Answers how many. */
export async function pruneRequests(sql: Sql, before: Date): Promise<number> {
  const rows = await sql.query('delete from requests where started_at < $1 returning key', [before]);
  return rows.length;
}
