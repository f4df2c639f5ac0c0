import { listAudit, type Ledger } from '../ledger/index.ts';

const chains = 20;
const recordsEach = 5;

/** Commits of the changes that were acknowledged last: of the chains that were written last, the last ones. */
export async function newestDone(ledger: Ledger): Promise<readonly string[]> {
  const heads = await ledger.query<{ chain: string; sequence: number }>('select chain, sequence from audit_heads order by at desc limit $1', [chains]);
  const records = await Promise.all(heads.map(({ chain, sequence }) => listAudit(ledger, { chain, after: Math.max(0, sequence - recordsEach), limit: recordsEach })));
  return records.flat().flatMap(({ phase, commit }) => (phase === 'done' && commit !== undefined ? [commit] : []));
}
