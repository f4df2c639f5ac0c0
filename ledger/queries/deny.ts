import type { Sql } from '../ledger.ts';

/** Whom or what the deny-list names: `usr_…`, `<tenant>/<service account>` or `tok_…`. */
export interface Denied {
  readonly kind: 'person' | 'serviceAccount' | 'token';
  readonly id: string;
}

/** In force from the next request on. Denying twice keeps the first reason. */
export async function deny(sql: Sql, { kind, id, reason, by }: Denied & { readonly reason: string; readonly by: string }): Promise<void> {
  await sql.query('insert into denied (kind, id, reason, denied_by) values ($1, $2, $3, $4) on conflict do nothing', [kind, id, reason, by]);
}
