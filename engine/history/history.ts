import { firstParents, GitError, isObjectId, timeOf } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import { EngineError } from '../engine-error.ts';
import { pauses } from '../pauses.ts';
import { isOpaque, wordsForTenant } from '../publish/words-for-tenant.ts';
import type { Words } from '../publish/words-for-tenant.ts';
import type { HistoryIndex } from './history-index.ts';
import { signatureOf, wordsOf } from './signatures.ts';
import type { HistoryEntry, HistoryFilter } from './types.ts';

export interface HistoryContext {
  readonly directory: string;
  readonly index: HistoryIndex;
  readonly objects: ObjectReader;
  readonly head: string;
  readonly trusted: readonly string[];
  /** Tenant whose people the answer is for; absent: who may know everything. */
  readonly reader?: string | undefined;
}

const defaultLimit = 50;
const largestLimit = 1000;
/** More than anybody takes off `main`; a branch of a cell is longer, and joins it nowhere. */
const mostOffMain = 10_000;

/** A commit, in the words that its reader may know. */
export async function entryFor({ objects, trusted, reader }: Pick<HistoryContext, 'objects' | 'trusted' | 'reader'>, commit: ParsedCommit): Promise<HistoryEntry> {
  return entryOf(commit, trusted, reader === undefined ? commit : await wordsForTenant({ tenant: reader, objects }, commit));
}

function entryOf(commit: ParsedCommit, trusted: readonly string[], { author, message }: Words): HistoryEntry {
  const signature = signatureOf(commit, trusted);
  return {
    commit: commit.id,
    parents: commit.parents,
    author: author.name,
    time: timeOf(commit.author.seconds),
    subject: message.split('\n')[0] ?? '',
    trailers: wordsOf({ message }, signature),
    ...revertsOf(message),
    signature,
  };
}

/** As `git revert` writes it, and as people leave it when they edit the message. */
function revertsOf(message: string): Pick<HistoryEntry, 'reverts'> {
  const reverts = [...message.matchAll(/\bThis reverts commits?\s+([0-9a-f]{7,64})\b/g)].flatMap(([, id]) => id ?? []);
  return reverts.length === 0 ? {} : { reverts };
}

/** Commits of `main` along first parents that fit the filter, newest first. Throws `not_found`. */
export async function history(context: HistoryContext, filter: HistoryFilter): Promise<readonly HistoryEntry[]> {
  const { index, objects, head, reader } = context;
  if (reader !== undefined && filter.actor !== undefined && !isOpaque(reader, filter.actor)) return [];
  const limit = Math.min(Math.max(1, filter.limit ?? defaultLimit), largestLimit);
  const found: HistoryEntry[] = [];
  for (let before = filter.before === undefined ? undefined : await cursorPosition(context, filter.before); ; ) {
    const missing = limit - found.length;
    const ids = await index.find(head, filter, { limit: missing, before });
    const entries = await Promise.all(ids.map(async (id) => entryFor(context, await objects.commit(id))));
    found.push(...entries.filter((entry) => isBy(entry, filter, reader)));
    const last = ids.at(-1);
    if (last === undefined || ids.length < missing || found.length === limit) return found;
    before = await index.positionOf(head, last);
  }
}

/** Commits after one, along first parents, oldest first: the newest `limit`. */
export async function commitsSince(context: Pick<HistoryContext, 'objects' | 'head' | 'trusted'>, commit: string | undefined, limit: number): Promise<readonly HistoryEntry[]> {
  const found: HistoryEntry[] = [];
  const pause = pauses();
  for (let id: string | undefined = context.head; id !== undefined && id !== commit && found.length < limit; id = found.at(-1)?.parents[0]) {
    found.push(await entryFor(context, await context.objects.commit(id)));
    await pause();
  }
  return found.reverse();
}

/** The index knows an action as the commit claims it, and authors whom a tenant's people may not know. */
function isBy({ author, trailers }: HistoryEntry, { action, actor }: HistoryFilter, reader: string | undefined): boolean {
  return (action === undefined || trailers.get('Cameleer-Action')?.[0] === action) && (reader === undefined || actor === undefined || author === actor);
}

/** Where a page goes on. A commit that was taken off `main` stands where its own history joins it. */
async function cursorPosition(context: HistoryContext, cursor: string): Promise<number> {
  const { index, head } = context;
  const position = isObjectId(cursor) ? ((await index.positionOf(head, cursor)) ?? (await joinOf(context, cursor))) : undefined;
  if (position === undefined) throw new EngineError('not_found', `There is no commit ${cursor} in the history of main. Give its full id.`);
  return position;
}

/** Behind the first commit of `main` among a commit's first ancestors; `undefined` when none is near, or there is no such commit. */
async function joinOf({ directory, index, head }: HistoryContext, commit: string): Promise<number | undefined> {
  let steps = 0;
  try {
    for await (const id of firstParents(directory, commit)) {
      const position = await index.positionOf(head, id);
      if (position !== undefined) return position + 1;
      steps += 1;
      if (steps === mostOffMain) break;
    }
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
  }
  return undefined;
}
