import { stringify } from 'yaml';
import { EngineError, type Engine, type HistoryEntry } from '../engine/index.ts';
import { pathOfRef, type ObjectRef } from '../schemas/index.ts';
import type { Stores } from './context.ts';
import { record, recordEnd } from './write.ts';
import type { Change } from '../engine/types.ts';

type Needed = Pick<Stores, 'engine' | 'ledger' | 'logger'>;

/** How far back a start looks for reverts that a process which died did not hold yet. */
const lookBack = 200;
const page = 50;
/** Changes that come together are looked at together: the log of Git costs a process. */
const pauseMilliseconds = 250;

/**
 * Pins what a revert rolled back, whether it came through the API or was pushed: a Hold for each deployment whose release
 * it changed, as a commit of its own. Deleting the Hold resumes the deployment.
 */
export function holdReverts(stores: Needed): { settled(): Promise<void>; close(): Promise<void> } {
  let seen: string | undefined;
  let queue: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;

  async function look(): Promise<void> {
    const head = stores.engine.head().commit;
    try {
      for (const entry of await since(stores.engine, seen)) if (entry.subject.startsWith('Revert "')) await holdReverted(stores, entry);
      seen = head;
    } catch (error) {
      stores.logger.error({ err: error }, 'reverts were not held; the next change tries again');
    }
  }

  function lookNow(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    queue = queue.then(look);
    return queue;
  }

  const unsubscribe = stores.engine.onChange(() => {
    timer ??= setTimeout(() => void lookNow(), pauseMilliseconds);
  });
  void lookNow();
  return {
    settled: lookNow,
    async close() {
      unsubscribe();
      clearTimeout(timer);
      await queue;
    },
  };
}

/** Commits of `main` after `seen`, oldest first; at most the last `lookBack`. */
async function since(engine: Engine, seen: string | undefined): Promise<readonly HistoryEntry[]> {
  const found: HistoryEntry[] = [];
  let before: string | undefined;
  while (found.length < lookBack) {
    const entries = await engine.history({ limit: page, ...(before === undefined ? {} : { before }) });
    const end = entries.findIndex((entry) => entry.commit === seen);
    found.push(...(end < 0 ? entries : entries.slice(0, end)));
    before = entries.at(-1)?.commit;
    if (end >= 0 || entries.length < page) break;
  }
  return found.reverse();
}

/** Holds what one revert rolled back. Repeating it does nothing, also after the Hold was deleted. */
export async function holdReverted(stores: Needed, entry: Pick<HistoryEntry, 'commit' | 'parents' | 'author' | 'subject' | 'trailers'>): Promise<void> {
  const [base] = entry.parents;
  if (base === undefined) return;
  const rolledBack = (await stores.engine.diff(base, entry.commit)).filter(
    (change) => change.ref?.kind === 'AppDeployment' && change.change === 'modified' && change.fields.some((field) => field.pointer === '/spec/release'),
  );
  for (const { ref } of rolledBack) if (ref !== undefined) await hold(stores, entry, ref as ObjectRef<'AppDeployment'>);
}

async function hold(stores: Needed, entry: Pick<HistoryEntry, 'commit' | 'author' | 'subject' | 'trailers'>, deployment: ObjectRef<'AppDeployment'>): Promise<void> {
  const { tenant = '', environment = '', name } = deployment;
  const requestId = `hold_${entry.commit.slice(0, 16)}_${environment}_${name}`;
  if ((await stores.engine.findRequest(requestId)) !== undefined) return;
  const ref: ObjectRef<'Hold'> = { kind: 'Hold', tenant, environment, name };
  if ((await stores.engine.get(ref)) !== undefined) return;
  const by = personOf(stores.engine, entry);
  const change: Change = {
    action: 'hold.create', actor: by, door: 'platform', requestId, tenant, environment, application: name,
    subject: `Hold ${tenant}/${name} in ${environment}`.slice(0, 72), body: `After ${entry.commit}.`,
  };
  const spec = { reason: `Rolled back by ${entry.commit.slice(0, 12)}: ${entry.subject}`, by };
  const text = stringify({ apiVersion: 'cameleer.io/v1', kind: 'Hold', metadata: { name }, spec }, { lineWidth: 0 });
  await record(stores, change, { phase: 'intended' });
  try {
    const { commit } = await stores.engine.write({ change, preconditions: [{ ref, etag: null }], apply: async (draft) => draft.put(pathOfRef(ref), text) });
    await recordEnd(stores, change, { phase: 'done', commit });
  } catch (error) {
    await recordEnd(stores, change, { phase: 'failed', detail: { code: error instanceof EngineError ? error.code : 'internal' } });
    if (!(error instanceof EngineError)) throw error;
    // The rollback itself and the follower may both come: one Hold is enough.
    if (error.code !== 'precondition_failed' && error.code !== 'conflict') stores.logger.warn({ tenant, environment, application: name, code: error.code }, 'a revert was not held');
  }
}

/** Who rolled back. Whoever pushes to `main` is an operator by definition, so an unknown one counts as the first. */
function personOf(engine: Engine, entry: Pick<HistoryEntry, 'author' | 'trailers'>): string {
  const actor = entry.trailers.get('Cameleer-Actor')?.[0] ?? entry.author;
  const person = /^usr_[a-z0-9]{16}$/.exec(actor)?.[0];
  return person ?? engine.platform().platform?.object.spec.operators[0] ?? actor;
}
