import { recordAudit, unfinishedAudit, type AuditRecord } from '../ledger/index.ts';
import type { Stores } from './context.ts';
import { requestCommit } from './requests/reconcile-requests.ts';

/**
 * Closes what a process that died left open: an intended change whose Request-Id is in Git is done, a push whose commit is on
 * `main` as well, any other one failed.
 * Answers how many of each there were.
 */
export async function reconcileAudit(stores: Pick<Stores, 'ledger' | 'engine' | 'logger'>): Promise<{ readonly done: number; readonly failed: number }> {
  const count = { done: 0, failed: 0 };
  for (const record of await unfinishedAudit(stores.ledger)) {
    const commit = await commitOf(stores, record);
    const phase = commit === undefined ? 'failed' : 'done';
    const { chain, requestId, action, actor, door, environment, application } = record;
    await recordAudit(stores.ledger, {
      chain, requestId, action, actor, door, phase,
      ...(environment === undefined ? {} : { environment }),
      ...(application === undefined ? {} : { application }),
      ...(commit === undefined ? { detail: { code: 'process_ended' } } : { commit }),
    });
    count[phase] += 1;
  }
  if (count.done + count.failed > 0) stores.logger.info(count, 'reconciled the audit from Git');
  return count;
}

/** A push brings commits that were made before it was asked for, so the record of what is intended names the last of them. */
async function commitOf({ engine, ledger }: Pick<Stores, 'engine' | 'ledger'>, record: AuditRecord): Promise<string | undefined> {
  const { action, requestId, commit } = record;
  if (action === 'request.open' || action === 'request.update') return requestCommit({ engine, ledger }, record);
  if (commit === undefined) return engine.findRequest(requestId);
  return (await engine.isOnMain(commit)) ? commit : undefined;
}
