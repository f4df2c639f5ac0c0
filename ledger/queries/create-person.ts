import type { Sql } from '../ledger.ts';
import { LedgerError } from '../ledger-error.ts';
import { personOf } from './person.ts';
import type { Person, PersonRow } from './person.ts';

/** Errors: `person_exists` (the id or, whatever its case, the e-mail address). */
export async function createPerson(sql: Sql, { id, displayName, email }: Omit<Person, 'createdAt'>): Promise<Person> {
  const [row] = await sql.query<PersonRow>(
    'insert into people (id, display_name, email) values ($1, $2, $3) on conflict do nothing returning *',
    [id, displayName ?? null, email ?? null],
  );
  if (row === undefined) throw new LedgerError('person_exists', 'A person with this id or e-mail address exists. Use that one.');
  return personOf(row);
}
