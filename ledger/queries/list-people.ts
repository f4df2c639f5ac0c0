import type { Sql } from '../ledger.ts';
import { personOf } from './person.ts';
import type { Person, PersonRow } from './person.ts';

/** Everyone, by id; what the mailmap for auditors is made of. */
export async function listPeople(sql: Sql): Promise<readonly Person[]> {
  const rows = await sql.query<PersonRow>('select * from people order by id');
  return rows.map(personOf);
}
