import type { Sql } from '../ledger.ts';

/** Forgets a number whose branch was never made. */
export async function dropChangeRequest(sql: Sql, number: number): Promise<void> {
  await sql.query("delete from change_requests where number = $1 and status = 'opening'", [number]);
}
