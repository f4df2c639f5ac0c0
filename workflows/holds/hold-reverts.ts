import { stringify } from 'yaml';
import { EngineError, type HistoryEntry } from '../../engine/index.ts';
import type { Change, Intent } from '../../engine/index.ts';
import { pathOfRef, type Hold, type ObjectRef, type TenantState } from '../../schemas/index.ts';
import type { Stores } from '../context.ts';
import type { Place } from '../find.ts';
import { record, recordEnd } from '../audit.ts';
import { passesIn } from '../errors.ts';
import { activeHold } from './held.ts';
import { rolledBackBy, type RolledBack } from './rolls-back.ts';

type Needed = Pick<Stores, 'engine' | 'ledger' | 'logger' | 'now'>;

/** How far back a start looks for reverts that a process which died did not hold yet. */
const lookBack = 200;
/** More between two looks is a history of others that took the place of ours. */
const mostBetweenLooks = 10_000;
const longestReason = 200;
/** Changes that come together are looked at together. */
const pauseMilliseconds = 250;

/**
 * Pins what a revert rolled back, whether it came through the API or was pushed: a Hold for each deployment whose release
 * it changed, as a commit of its own. Deleting the Hold resumes the deployment.
 */
export function holdReverts(stores: Needed): { settled(): Promise<void>; close(): Promise<void> } {
  let seen: string | undefined;
  let queue: Promise<void> = Promise.resolve();
  let timer: NodeJS.Timeout | undefined;
  let closed = false;

  async function look(): Promise<void> {
    try {
      const entries = await stores.engine.since(seen, seen === undefined ? lookBack : mostBetweenLooks);
      for (const [index, entry] of entries.entries()) await holdReverted(stores, entry, new Set(entries.slice(index).map(({ commit }) => commit)));
      seen = entries.at(-1)?.commit ?? seen;
    } catch (error) {
      // What was seen is not moved, so that nothing is passed over.
      const seconds = passesIn(error);
      if (seconds !== undefined) lookLater(seconds * 1000);
      else stores.logger.error({ err: error }, 'reverts were not held; the next change tries again');
    }
  }

  function lookNow(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    queue = queue.then(look);
    return queue;
  }

  function lookLater(milliseconds: number): void {
    if (!closed) timer ??= setTimeout(() => void lookNow(), milliseconds);
  }

  const unsubscribe = stores.engine.onChange(() => lookLater(pauseMilliseconds));
  void lookNow();
  return {
    settled: lookNow,
    async close() {
      closed = true;
      unsubscribe();
      clearTimeout(timer);
      await queue;
    },
  };
}

type Entry = Pick<HistoryEntry, 'commit' | 'parents' | 'author' | 'subject' | 'trailers' | 'reverts'>;

/**
 * Holds what one commit rolled back. Repeating it does nothing, also after the Hold was deleted. `since`: the commit and those
 * after it, as far as they are known: a hold that came, changed or went with one of them is somebody's decision. Throws what
 * passes by itself (`passesIn`), and what the ledger throws.
 */
export async function holdReverted(stores: Needed, entry: Entry, since: ReadonlySet<string> = new Set()): Promise<void> {
  for (const rolledBack of await rolledBackBy(stores.engine, entry).catch((error: unknown) => unlessTooLarge(stores, entry, error))) {
    const decided = await stores.engine.lastChange({ ...rolledBack.ref, kind: 'Hold' });
    if (decided === undefined || !since.has(decided.commit)) await hold(stores, entry, rolledBack);
  }
}

/** What nobody can look at whole must not keep later reverts from being held. */
function unlessTooLarge({ logger }: Needed, { commit }: Entry, error: unknown): readonly RolledBack[] {
  if (!(error instanceof EngineError) || error.code !== 'invalid') throw error;
  logger.warn({ commit, err: error }, 'a commit is too large to look for reverts in it');
  return [];
}

async function hold(stores: Needed, entry: Entry, { ref, release }: RolledBack): Promise<void> {
  const place = { tenant: ref.tenant ?? '', environment: ref.environment ?? '', application: ref.name };
  const requestId = `hold_${entry.commit.slice(0, 16)}_${place.environment}_${place.application}`;
  if ((await stores.engine.findRequest(requestId)) !== undefined) return;
  const there = await stores.engine.tenant(place.tenant);
  if (!isToBeHeld(there, { ...place, release }, stores.now())) return;
  const by = actorOf(entry);
  const change: Change = {
    action: 'hold.create', actor: by, door: 'platform', requestId, ...place,
    subject: `Hold ${place.tenant}/${place.application} in ${place.environment}`.slice(0, 72), body: `After ${entry.commit}.`,
  };
  const told = (await stores.engine.commit(entry.commit, place.tenant))?.subject ?? '';
  const etag = there?.environments.get(place.environment)?.holds.get(place.application)?.oid ?? null;
  await writeHold(stores, holdIntent({ ...place, release }, { change, etag, now: stores.now(), spec: { reason: `Rolled back by ${entry.commit.slice(0, 12)}: ${shortened(told)}`, by } }));
}

interface Held extends Place {
  readonly release: string;
}

function holdIntent(held: Held, { change, etag, now, spec }: { readonly change: Change; readonly etag: string | null; readonly now: Date; readonly spec: Hold['spec'] }): Intent {
  const ref: ObjectRef<'Hold'> = { kind: 'Hold', tenant: held.tenant, environment: held.environment, name: held.application };
  const text = stringify({ apiVersion: 'cameleer.io/v1', kind: 'Hold', metadata: { name: ref.name }, spec }, { lineWidth: 0 });
  return {
    change,
    preconditions: [{ ref, etag }],
    apply: async (draft) => {
      if (isToBeHeld(await draft.tenant(held.tenant), held, now)) draft.put(pathOfRef(ref), text);
    },
  };
}

async function writeHold(stores: Needed, intent: Intent): Promise<void> {
  const { change } = intent;
  await record(stores, change, { phase: 'intended' });
  try {
    const { commit } = await stores.engine.write(intent);
    await recordEnd(stores, change, { phase: 'done', commit });
  } catch (error) {
    await recordEnd(stores, change, { phase: 'failed', detail: { code: error instanceof EngineError ? error.code : 'internal' } });
    if (!(error instanceof EngineError) || passesIn(error) !== undefined) throw error;
    const { tenant, environment, application } = change;
    // The rollback itself and the follower may both come: one Hold is enough.
    if (error.code !== 'precondition_failed' && error.code !== 'conflict') stores.logger.warn({ tenant, environment, application, code: error.code }, 'a revert was not held');
  }
}

/** A subject from outside may be anything. */
function shortened(subject: string): string {
  const text = subject.replaceAll(/\p{Cc}+/gu, ' ').trim();
  return text.length > longestReason ? `${text.slice(0, longestReason)}…` : text;
}

/** Not what is held already, nor what a later commit has moved on, in the same push for example: there is nothing left to pin. */
function isToBeHeld(tenant: TenantState | undefined, held: Held, now: Date): boolean {
  const environment = tenant?.environments.get(held.environment);
  return environment?.deployments.get(held.application)?.object.spec.release === held.release && activeHold(environment, held.application, now) === undefined;
}

/** Who rolled back. A pushed commit may name anybody: one whom the state can't name stays unnamed, and the commit says the rest. */
function actorOf({ author, trailers }: Pick<Entry, 'author' | 'trailers'>): string {
  return trailers.get('Cameleer-Actor')?.[0] ?? /^usr_[a-z0-9]{16}$/.exec(author)?.[0] ?? 'operator';
}
