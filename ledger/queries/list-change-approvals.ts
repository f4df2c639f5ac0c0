import type { Row, Sql } from '../ledger.ts';

export interface ChangeApproval {
  readonly person: string;
  /** Of the plan that the person saw. */
  readonly planHash: string;
  readonly approvedAt: Date;
}

interface ApprovalRow extends Row {
  readonly person: string;
  readonly plan_hash: string;
  readonly approved_at: Date;
}

/** Oldest first; without those of people on the deny-list. */
export async function listChangeApprovals(sql: Sql, number: number): Promise<readonly ChangeApproval[]> {
  const rows = await sql.query<ApprovalRow>(
    `select person, plan_hash, approved_at from change_approvals
     where number = $1 and not exists (select from denied where kind = 'person' and id = person)
     order by approved_at, person`,
    [number],
  );
  return rows.map((row) => ({ person: row.person, planHash: row.plan_hash, approvedAt: row.approved_at }));
}
