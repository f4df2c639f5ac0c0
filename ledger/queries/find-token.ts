import type { Sql } from '../ledger.ts';
import { tokenColumns, tokenOf } from './token.ts';
import type { Token, TokenRow } from './token.ts';

/**
 * The token with this hash, if it may be used now: known, not expired, not revoked, and neither it nor its subject on the
 * deny-list. One query, so that no caller can forget a part.
 */
export async function findToken(sql: Sql, hash: string, now: Date): Promise<Token | undefined> {
  const [row] = await sql.query<TokenRow>(
    `select ${tokenColumns} from tokens
     where hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)
       and not exists (
         select from denied
         where (denied.kind = 'token' and denied.id = tokens.id)
            or (denied.kind = 'person' and denied.id = tokens.person)
            or (denied.kind = 'serviceAccount' and denied.id = tokens.tenant || '/' || tokens.service_account))`,
    [hash, now],
  );
  return row && tokenOf(row);
}
