import type { Sql } from '../ledger.ts';
import { tokenColumns, tokenOf } from './token.ts';
import type { Token, TokenRow, TokenSubject } from './token.ts';

export interface NewTokenRow {
  readonly id: string;
  /** SHA-256 of the token, 64 hex digits. */
  readonly hash: string;
  readonly subject: TokenSubject;
  readonly description: string;
  readonly expiresAt?: Date;
}

export async function saveToken(sql: Sql, { id, hash, subject, description, expiresAt }: NewTokenRow): Promise<Token> {
  const who = subject.kind === 'person' ? [subject.id, null, null] : [null, subject.tenant, subject.name];
  const [row] = await sql.query<TokenRow>(
    `insert into tokens (id, hash, person, tenant, service_account, description, expires_at) values ($1, $2, $3, $4, $5, $6, $7) returning ${tokenColumns}`,
    [id, hash, ...who, description, expiresAt ?? null],
  );
  if (row === undefined) throw new TypeError('An insert answered no row.');
  return tokenOf(row);
}
