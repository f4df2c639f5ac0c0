import type { Engine } from '../engine/types.ts';
import { listAudit, type Ledger } from '../ledger/index.ts';
import type { Logger } from './context.ts';

const chains = 20;
const recordsEach = 5;

/**
 * Says in the log, at the start, when `main` lacks changes that were acknowledged: it was set back, or restored from another
 * moment than the ledger. Looks at the chains that were written last; `cameleer doctor` looks at all. Answers how many it found.
 */
export async function logLostCommits({ ledger, engine, logger }: { readonly ledger: Ledger; readonly engine: Pick<Engine, 'isOnMain'>; readonly logger: Logger }): Promise<number> {
  const heads = await ledger.query<{ chain: string; sequence: number }>('select chain, sequence from audit_heads order by at desc limit $1', [chains]);
  const lost: string[] = [];
  for (const { chain, sequence } of heads) {
    const records = await listAudit(ledger, { chain, after: Math.max(0, sequence - recordsEach), limit: recordsEach });
    for (const { phase, commit } of records) if (phase === 'done' && commit !== undefined && !(await engine.isOnMain(commit))) lost.push(commit);
  }
  if (lost.length > 0) logger.error({ code: 'main_behind_ledger', commits: lost }, 'main lacks changes that the ledger calls done: it was set back, or is of another moment than the ledger. Run cameleer doctor');
  return lost.length;
}
