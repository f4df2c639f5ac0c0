import type { Sql } from '../ledger.ts';
import { changeRequestOf } from './change-request.ts';
import type { ChangeRequestRecord, ChangeRequestRow } from './change-request.ts';

export async function findChangeRequest(sql: Sql, number: number): Promise<ChangeRequestRecord | undefined> {
  const [row] = await sql.query<ChangeRequestRow>('select * from change_requests where number = $1', [number]);
  return row && changeRequestOf(row);
}
