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
  const [row] = await sql.query<TokenRow>(
    `insert into tokens (id, hash, person, tenant, service_account, cell, description, expires_at) values ($1, $2, $3, $4, $5, $6, $7, $8) returning ${tokenColumns}`,
    [id, hash, ...columnsOf(subject), description, expiresAt ?? null],
  );
  if (row === undefined) throw new TypeError('An insert answered no row.');
  return tokenOf(row);
}

/** Person, tenant, service account, cell. */
function columnsOf(subject: TokenSubject): readonly (string | null)[] {
  if (subject.kind === 'person') return [subject.id, null, null, null];
  if (subject.kind === 'cell') return [null, null, null, subject.name];
  return [null, subject.tenant, subject.name, null];
}
