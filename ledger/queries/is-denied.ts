import type { Sql } from '../ledger.ts';
import type { Denied } from './deny.ts';

export async function isDenied(sql: Sql, { kind, id }: Denied): Promise<boolean> {
  const rows = await sql.query('select from denied where kind = $1 and id = $2', [kind, id]);
  return rows.length > 0;
}
