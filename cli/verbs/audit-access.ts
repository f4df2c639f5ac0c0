import type { AccessRow } from '../../access/review.ts';
import type { Client } from '../client/http.ts';
import { compareAccess, renderAccess, renderAccessChanges } from '../render/access.ts';
import type { Session } from '../session.ts';

export interface AuditAccessOptions {
  readonly at?: string;
  readonly compare?: string;
  readonly tenant?: string;
  readonly env?: string;
  readonly format: 'table' | 'csv';
}

export interface AccessReview {
  readonly commit: string;
  readonly at: string;
  readonly rows: readonly AccessRow[];
}

/** Who may do what at a time, or how that differs from an earlier one. */
export async function auditAccess(session: Session, options: AuditAccessOptions): Promise<void> {
  const client = await session.client();
  const review = await fetchReview(client, options, options.at);
  if (options.compare === undefined) {
    session.print(review, () => renderAccess(review, options.format));
    return;
  }
  const before = await fetchReview(client, options, options.compare);
  const changes = compareAccess(before.rows, review.rows);
  session.print({ from: { commit: before.commit, at: before.at }, to: { commit: review.commit, at: review.at }, changes }, (palette) => renderAccessChanges({ before, after: review, changes }, options.format, palette));
}

async function fetchReview(client: Client, { tenant, env }: AuditAccessOptions, at: string | undefined): Promise<AccessReview> {
  const rows: AccessRow[] = [];
  let page: AccessReview & { readonly next?: string } = { commit: '', at: '', rows: [] };
  do {
    // The pages after the first are of the same commit, whatever is committed meanwhile.
    const query: Readonly<Record<string, string | undefined>> = { at: page.commit === '' ? at : page.commit, tenant, environment: env, after: page.next };
    page = (await client.request<AccessReview & { readonly next?: string }>('GET', '/api/v1/audit/access', { query })).body;
    rows.push(...page.rows);
  } while (page.next !== undefined);
  return { commit: page.commit, at: page.at, rows };
}
