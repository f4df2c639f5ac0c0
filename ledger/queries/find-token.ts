import { inBatches } from '../in-batches.ts';
import type { Database } from '../ledger.ts';
import { tokenColumns, tokenOf } from './token.ts';
import type { Token, TokenRow } from './token.ts';

interface Asked {
  readonly hash: string;
  readonly now: Date;
}

/**
 * The token with this hash, if it may be used now: known, not expired, not revoked, and neither it nor its subject on the
 * deny-list. Asked of the database each time, after the call: a revocation that was answered for holds at once.
 */
export async function findToken(database: Database, hash: string, now: Date): Promise<Token | undefined> {
  return usableToken(database, { hash, now });
}

const usableToken = inBatches(async (database, asked: readonly Asked[]) => {
  const rows = await database.query<TokenRow & { readonly hash: string }>(
    `select hash, ${tokenColumns} from tokens
     where hash = any($1) and revoked_at is null
       and not exists (
         select from denied
         where (denied.kind = 'token' and denied.id = tokens.id)
            or (denied.kind = 'person' and denied.id = tokens.person)
            or (denied.kind = 'serviceAccount' and denied.id = tokens.tenant || '/' || tokens.service_account))`,
    [[...new Set(asked.map(({ hash }) => hash))]],
  );
  const byHash = new Map(rows.map((row) => [row.hash, row]));
  return asked.map(({ hash, now }) => {
    const row = byHash.get(hash);
    return row === undefined || (row.expires_at !== null && row.expires_at <= now) ? undefined : tokenOf(row);
  });
});
