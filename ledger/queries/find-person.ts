import type { Sql } from '../ledger.ts';
import { personOf } from './person.ts';
import type { Person, PersonRow } from './person.ts';

export async function findPerson(sql: Sql, id: string): Promise<Person | undefined> {
  const [row] = await sql.query<PersonRow>('select * from people where id = $1', [id]);
  return row && personOf(row);
}
