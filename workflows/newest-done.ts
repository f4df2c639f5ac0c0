import { listAudit, type AuditRecord, type Ledger } from '../ledger/index.ts';

const chains = 20;
const recordsEach = 5;

/** Commits of `main` that were acknowledged last: of the chains that were written last, the last ones. */
export async function newestDone(ledger: Ledger): Promise<readonly string[]> {
  const heads = await ledger.query<{ chain: string; sequence: number }>('select chain, sequence from audit_heads order by at desc limit $1', [chains]);
  const records = await Promise.all(heads.map(({ chain, sequence }) => listAudit(ledger, { chain, after: Math.max(0, sequence - recordsEach), limit: recordsEach })));
  return records.flat().flatMap((record) => (record.commit !== undefined && isOfMain(record) ? [record.commit] : []));
}

/** The commit of a change request stands on its branch until it is merged. */
function isOfMain({ phase, action, resource }: AuditRecord): boolean {
  return phase === 'done' && (resource?.startsWith('requests/') !== true || action === 'request.merge');
}
