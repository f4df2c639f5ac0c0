import type { Sql } from '../ledger.ts';
import { tokenColumns, tokenOf } from './token.ts';
import type { Token, TokenRow, TokenSubject } from './token.ts';

/** All tokens of a subject, oldest first, with those that no longer work. */
export async function listTokens(sql: Sql, subject: TokenSubject): Promise<readonly Token[]> {
  const rows = subject.kind === 'person'
    ? await sql.query<TokenRow>(`select ${tokenColumns} from tokens where person = $1 order by created_at, id`, [subject.id])
    : await sql.query<TokenRow>(`select ${tokenColumns} from tokens where tenant = $1 and service_account = $2 order by created_at, id`, [subject.tenant, subject.name]);
  return rows.map(tokenOf);
}
