import type { Sql } from '../ledger.ts';
import type { Denied } from './deny.ts';

/** Takes someone off the deny-list. Answers whether he stood there. */
export async function allowAgain(sql: Sql, { kind, id }: Denied): Promise<boolean> {
  const rows = await sql.query('delete from denied where kind = $1 and id = $2 returning id', [kind, id]);
  return rows.length > 0;
}
