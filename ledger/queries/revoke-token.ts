import type { Sql } from '../ledger.ts';

/** Ends a token for good. Answers whether it was still in force. */
export async function revokeToken(sql: Sql, id: string): Promise<boolean> {
  const rows = await sql.query('update tokens set revoked_at = now() where id = $1 and revoked_at is null returning id', [id]);
  return rows.length > 0;
}
