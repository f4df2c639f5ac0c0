import { EngineError } from '../engine/index.ts';
import type { Change, Intent, Plan, WriteResult } from '../engine/types.ts';
import { platformChain, recordAudit, type AuditEntry } from '../ledger/index.ts';
import { CodedError } from '../schemas/index.ts';
import { actorOf, type Caller } from './caller.ts';
import { defined } from './defined.ts';
import type { Stores } from './context.ts';
import { WorkflowError } from './errors.ts';

/** What a write answers: the plan alone when it was only asked what would happen. */
export type Outcome =
  | { readonly kind: 'planned'; readonly plan: Plan }
  | { readonly kind: 'written'; readonly result: WriteResult };

export interface WriteOptions {
  /** Plan only; nothing is written or audited. */
  readonly dryRun?: boolean;
}

/** The fields of a change that come from who asks. */
export function changeBy(caller: Caller, change: Omit<Change, 'actor' | 'door' | 'requestId'>): Change {
  return { ...change, actor: actorOf(caller.subject), door: caller.door, requestId: caller.requestId };
}

/**
 * The one way in which a workflow writes: `intended` in the ledger, the commit with its Request-Id, `done` in the ledger.
 * A process that dies between the two is made good from Git at the next start. Throws what the engine throws.
 */
export async function write(stores: Stores, caller: Caller, intent: Intent, options: WriteOptions = {}): Promise<Outcome> {
  if (options.dryRun === true) return { kind: 'planned', plan: await stores.engine.preview(intent) };
  const earlier = caller.repeated === true ? await stores.engine.findRequest(caller.requestId) : undefined;
  if (earlier !== undefined) return { kind: 'written', result: await resultOf(stores, earlier) };
  await record(stores, intent.change, { phase: 'intended' });
  try {
    const result = await stores.engine.write(intent);
    await recordEnd(stores, intent.change, { phase: 'done', commit: result.commit });
    return { kind: 'written', result };
  } catch (error) {
    const told = toldAsHeld(error);
    await recordEnd(stores, intent.change, { phase: 'failed', detail: { code: told instanceof CodedError ? told.code : 'internal' } });
    throw told;
  }
}

/** By whichever door a change comes that a hold forbids, it is told the same. */
function toldAsHeld(error: unknown): unknown {
  if (!(error instanceof EngineError) || error.code !== 'invalid') return error;
  const problems = error.problems?.filter(({ severity }) => severity === 'error') ?? [];
  const [first] = problems;
  return first !== undefined && problems.every(({ code }) => code === 'held') ? new WorkflowError('held', first.message, { cause: error }) : error;
}

/** One line of the audit about a change; the platform's own chain holds what belongs to no tenant. */
export async function record(stores: Pick<Stores, 'ledger'>, change: Omit<Change, 'subject' | 'body'>, more: Pick<AuditEntry, 'phase' | 'commit' | 'detail'>): Promise<void> {
  const { action, actor, door, requestId, tenant, environment, application } = change;
  await recordAudit(stores.ledger, defined({ chain: tenant ?? platformChain, requestId, action, actor, door, environment, application, ...more }));
}

/**
 * Says how a change ended. A ledger that fails now does not change how: a committed change is answered as such, a refused one
 * with its reason, and the next start settles the audit from Git.
 */
export async function recordEnd(stores: Pick<Stores, 'ledger' | 'logger'>, change: Omit<Change, 'subject' | 'body'>, more: Pick<AuditEntry, 'phase' | 'commit' | 'detail'>): Promise<void> {
  try {
    await record(stores, change, more);
  } catch (error) {
    stores.logger.error({ requestId: change.requestId, action: change.action, phase: more.phase, err: error }, 'the end of a change is not in the audit; the next start settles it from Git');
  }
}

/** The answer of a write that was committed before its answer could be given. */
async function resultOf(stores: Stores, commit: string): Promise<WriteResult> {
  const [previous] = await stores.engine.history({ before: commit, limit: 1 });
  const base = previous?.commit ?? commit;
  const plan = await stores.engine.plan(base, commit);
  return { commit, base, changed: true, plan, etags: new Map() };
}
