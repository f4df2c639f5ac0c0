import type { Sql } from '../ledger.ts';
import type { ChangeApproval } from './list-change-approvals.ts';

/** A person's approval; it replaces the one before. */
export async function approveChangeRequest(sql: Sql, { number, person, planHash, approvedAt }: ChangeApproval & { readonly number: number }): Promise<void> {
  await sql.query(
    `insert into change_approvals (number, person, plan_hash, approved_at) values ($1, $2, $3, $4)
     on conflict (number, person) do update set plan_hash = excluded.plan_hash, approved_at = excluded.approved_at`,
    [number, person, planHash, approvedAt],
  );
}
