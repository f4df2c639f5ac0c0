import { dropChangeRequest, listChangeRequests, moveChangeRequest, unsettledChangeRequests, type AuditRecord, type ChangeRequestRecord } from '../../ledger/index.ts';
import type { Stores } from '../context.ts';
import { EngineError } from '../../engine/index.ts';
import { concernsOf, isMade } from './find-request.ts';

/** Another process may be making the branch of a number that it has just got. */
const opensWithinMilliseconds = 60_000;

/**
 * Settles from Git what a process that died left between the two stores: a number whose branch was made is open, one without
 * is given back; a merge whose commit is on `main` (by its trailer `Change-Request`) is merged. Answers how many there were.
 */
export async function reconcileRequests(stores: Pick<Stores, 'engine' | 'ledger' | 'logger' | 'now'>): Promise<number> {
  const left = await unsettledChangeRequests(stores.ledger);
  for (const request of left) await (isMade(request) ? settleMerge(stores, request) : settleOpening(stores, request));
  if (left.length > 0) stores.logger.info({ requests: left.length }, 'settled change requests from Git');
  return left.length;
}

async function settleOpening({ engine, ledger, now }: Pick<Stores, 'engine' | 'ledger' | 'now'>, request: ChangeRequestRecord): Promise<void> {
  const { number, requestId } = request;
  const commit = await engine.requests.find(number);
  const made = commit === undefined ? undefined : await engine.requests.read({ number, commit });
  if (made?.change.requestId === requestId) await moveChangeRequest(ledger, request, { status: 'open', commit: made.commit, concerns: concernsOf(made.files), now: now() });
  else if (now().getTime() - request.createdAt.getTime() > opensWithinMilliseconds) await dropChangeRequest(ledger, number);
}

async function settleMerge({ engine, ledger, now }: Pick<Stores, 'engine' | 'ledger' | 'now'>, request: ChangeRequestRecord & { readonly commit: string }): Promise<void> {
  const merged = await engine.requests.mergedAs(request).catch((error: unknown) => {
    if (error instanceof EngineError && error.code === 'request_gone') return undefined;
    throw error;
  });
  const end = merged === undefined ? {} : { status: 'merged' as const, mergedCommit: merged };
  await moveChangeRequest(ledger, request, { ...end, mergeRequest: null, now: now() });
  if (merged !== undefined) await engine.requests.retire(request, request.revision);
}

/** The commit of a request whose opening or update an audit record intended; `undefined` when it did not come about. */
export async function requestCommit({ engine, ledger }: Pick<Stores, 'engine' | 'ledger'>, { action, actor, requestId }: AuditRecord): Promise<string | undefined> {
  const made = (await listChangeRequests(ledger, { author: actor, limit: 1000 })).filter(isMade);
  if (action === 'request.open') return made.find((request) => request.requestId === requestId)?.commit;
  for (const request of made) if ((await engine.requests.read(request).catch(() => undefined))?.change.requestId === requestId) return request.commit;
  return undefined;
}
