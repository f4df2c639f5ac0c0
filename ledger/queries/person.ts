import type { Row } from '../ledger.ts';

/** A person behind an opaque id. Name and address are absent when never given or erased. */
export interface Person {
  readonly id: string;
  readonly displayName?: string;
  readonly email?: string;
  readonly createdAt: Date;
}

export interface PersonRow extends Row {
  readonly id: string;
  readonly display_name: string | null;
  readonly email: string | null;
  readonly created_at: Date;
}

export function personOf(row: PersonRow): Person {
  return {
    id: row.id,
    ...(row.display_name === null ? {} : { displayName: row.display_name }),
    ...(row.email === null ? {} : { email: row.email }),
    createdAt: row.created_at,
  };
}
