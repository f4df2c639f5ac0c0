import type { Sql } from '../ledger.ts';
import { personOf } from './person.ts';
import type { Person, PersonRow } from './person.ts';

/** Upper and lower case make no difference. */
export async function findPersonByEmail(sql: Sql, email: string): Promise<Person | undefined> {
  const [row] = await sql.query<PersonRow>('select * from people where lower(email) = lower($1)', [email]);
  return row && personOf(row);
}
