import type { Change } from '../engine/index.ts';
import { platformChain, recordAudit, type AuditEntry } from '../ledger/index.ts';
import { CodedError } from '../schemas/index.ts';
import { actorOf, type Caller } from './caller.ts';
import { defined } from './defined.ts';
import type { Stores } from './context.ts';

type Audited = Omit<Change, 'subject' | 'body'>;
type More = Pick<AuditEntry, 'phase' | 'commit' | 'detail' | 'resource'>;

/** The fields of a change that come from who asks. */
export function changeBy(caller: Caller, change: Omit<Change, 'actor' | 'door' | 'requestId'>): Change {
  return { ...change, actor: actorOf(caller.subject), door: caller.door, requestId: caller.requestId };
}

/** One line of the audit about a change; the platform's own chain holds what belongs to no tenant. */
export function auditEntry(change: Audited, more: More): AuditEntry {
  const { action, actor, door, requestId, tenant, environment, application } = change;
  return defined({ chain: tenant ?? platformChain, requestId, action, actor, door, environment, application, ...more });
}

export async function record(stores: Pick<Stores, 'ledger'>, change: Audited, more: More): Promise<void> {
  await recordAudit(stores.ledger, auditEntry(change, more));
}

/**
 * Says how a change ended. A ledger that fails now does not change how: a committed change is answered as such, a refused one
 * with its reason, and the next start settles the audit from Git.
 */
export async function recordEnd(stores: Pick<Stores, 'ledger' | 'logger'>, change: Audited, more: More): Promise<void> {
  // It may be done: Git tells, when it can be asked.
  if (more.detail?.['code'] === 'outcome_unknown') return;
  try {
    await record(stores, change, more);
  } catch (error) {
    stores.logger.error({ requestId: change.requestId, action: change.action, phase: more.phase, err: error }, 'the end of a change is not in the audit; the next start settles it from Git');
  }
}

const later = new WeakMap<Stores['ledger'], Set<Promise<void>>>();

/** The same, while the answer is given already. */
export function recordEndLater(stores: Pick<Stores, 'ledger' | 'logger'>, change: Audited, more: More): void {
  const open = later.get(stores.ledger) ?? new Set();
  later.set(stores.ledger, open);
  const end = recordEnd(stores, change, more).finally(() => open.delete(end));
  open.add(end);
}

/** Resolves when the ends of changes that were answered are in the audit. */
export async function endsRecorded(ledger: Stores['ledger']): Promise<void> {
  await Promise.all(later.get(ledger) ?? new Set<Promise<void>>());
}

/** `intended`, the work, then `done` with what is said of its result, or `failed`. Throws what the work throws. */
export async function audited<T>(stores: Pick<Stores, 'ledger' | 'logger'>, change: Audited, work: () => Promise<T>, said: (result: T) => Omit<More, 'phase'>): Promise<T> {
  await record(stores, change, { phase: 'intended' });
  try {
    const result = await work();
    await recordEnd(stores, change, { phase: 'done', ...said(result) });
    return result;
  } catch (error) {
    await recordEnd(stores, change, { phase: 'failed', detail: { code: error instanceof CodedError ? error.code : 'internal' } });
    throw error;
  }
}
