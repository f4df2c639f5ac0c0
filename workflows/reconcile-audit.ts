import { recordAudit, unfinishedAudit, type AuditRecord } from '../ledger/index.ts';
import type { Stores } from './context.ts';
import { requestCommit } from './requests/reconcile-requests.ts';

export interface ReconcileOptions extends Pick<Stores, 'ledger' | 'engine' | 'logger'> {
  /** What was intended later may be under way still; default: nothing is. */
  readonly before?: Date;
}

/** Longer than any change is worked on. */
const openMilliseconds = 5 * 60 * 1000;

/**
 * Reconciles at once what a process that died left open, and from then on what was not settled in time: by a process beside
 * this one that died, or because a Git host could not be asked.
 */
export async function reconcileRegularly({ now, shared, ...stores }: Pick<Stores, 'ledger' | 'engine' | 'logger' | 'now' | 'shared'>): Promise<{ close(): Promise<void> }> {
  const inTime = () => new Date(now().getTime() - openMilliseconds);
  const reconcile = async (options: Pick<ReconcileOptions, 'before'>) => {
    try {
      await stores.engine.look();
      await reconcileAudit({ ...stores, ...options });
    } catch (err) {
      stores.logger.warn({ err }, 'the audit could not be reconciled from Git; it is tried again');
    }
  };
  await reconcile(shared === true ? { before: inTime() } : {});
  let running = Promise.resolve();
  const timer = setInterval(() => {
    running = reconcile({ before: inTime() });
  }, openMilliseconds);
  timer.unref();
  return {
    async close() {
      clearInterval(timer);
      await running;
    },
  };
}

/**
 * Closes what was left open: an intended change whose Request-Id is in Git is done, a push whose commit is on `main` as well,
 * any other one failed. Answers how many of each there were.
 */
export async function reconcileAudit({ before, ...stores }: ReconcileOptions): Promise<{ readonly done: number; readonly failed: number }> {
  const count = { done: 0, failed: 0 };
  for (const record of await unfinishedAudit(stores.ledger)) {
    if (before !== undefined && Date.parse(record.at) > before.getTime()) continue;
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
