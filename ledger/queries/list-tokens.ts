import type { Sql } from '../ledger.ts';
import { tokenColumns, tokenOf } from './token.ts';
import type { Token, TokenRow, TokenSubject } from './token.ts';

/** All tokens of a subject, oldest first, with those that no longer work. */
export async function listTokens(sql: Sql, subject: TokenSubject): Promise<readonly Token[]> {
  const [condition, values] = conditionOf(subject);
  const rows = await sql.query<TokenRow>(`select ${tokenColumns} from tokens where ${condition} order by created_at, id`, values);
  return rows.map(tokenOf);
}

function conditionOf(subject: TokenSubject): readonly [condition: string, values: readonly string[]] {
  if (subject.kind === 'person') return ['person = $1', [subject.id]];
  if (subject.kind === 'cell') return ['cell = $1', [subject.name]];
  return ['tenant = $1 and service_account = $2', [subject.tenant, subject.name]];
}
