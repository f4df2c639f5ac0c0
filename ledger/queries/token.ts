import type { Row } from '../ledger.ts';
import { LedgerError } from '../ledger-error.ts';

/** For whom a token speaks. */
export type TokenSubject =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'serviceAccount'; readonly tenant: string; readonly name: string }
  | { readonly kind: 'cell'; readonly name: string };

export interface Token {
  /** `tok_` and 16 of [a-z0-9]; safe to show and to name in the deny-list. */
  readonly id: string;
  readonly subject: TokenSubject;
  readonly description: string;
  readonly createdAt: Date;
  readonly expiresAt?: Date;
  readonly revokedAt?: Date;
}

export interface TokenRow extends Row {
  readonly id: string;
  readonly person: string | null;
  readonly tenant: string | null;
  readonly service_account: string | null;
  readonly cell: string | null;
  readonly description: string;
  readonly created_at: Date;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

/** The columns of `TokenRow`: everything but the hash. */
export const tokenColumns = 'id, person, tenant, service_account, cell, description, created_at, expires_at, revoked_at';

export function tokenOf(row: TokenRow): Token {
  return {
    id: row.id,
    subject: subjectOf(row),
    description: row.description,
    createdAt: row.created_at,
    ...(row.expires_at === null ? {} : { expiresAt: row.expires_at }),
    ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
  };
}

function subjectOf({ id, person, tenant, service_account: name, cell }: TokenRow): TokenSubject {
  if (person !== null) return { kind: 'person', id: person };
  if (tenant !== null && name !== null) return { kind: 'serviceAccount', tenant, name };
  if (cell !== null) return { kind: 'cell', name: cell };
  throw new LedgerError('corrupt_row', `Token ${id} speaks for nobody. Restore the ledger from a backup.`);
}
