import type { Sql } from '../ledger.ts';

/** Whether there was one. */
export async function withdrawChangeApproval(sql: Sql, { number, person }: { readonly number: number; readonly person: string }): Promise<boolean> {
  const rows = await sql.query('delete from change_approvals where number = $1 and person = $2 returning person', [number, person]);
  return rows.length > 0;
}
