import { isObjectId, timeOf } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import { EngineError } from '../engine-error.ts';
import type { HistoryIndex } from './history-index.ts';
import { signatureOf, wordsOf } from './signatures.ts';
import type { HistoryEntry, HistoryFilter } from './types.ts';

export interface HistoryContext {
  readonly index: HistoryIndex;
  readonly objects: ObjectReader;
  readonly head: string;
  readonly trusted: readonly string[];
}

const defaultLimit = 50;
const largestLimit = 1000;

export function entryOf(commit: ParsedCommit, trusted: readonly string[]): HistoryEntry {
  const signature = signatureOf(commit, trusted);
  return {
    commit: commit.id,
    parents: commit.parents,
    author: commit.author.name,
    time: timeOf(commit.author.seconds),
    subject: commit.message.split('\n')[0] ?? '',
    trailers: wordsOf(commit, signature),
    ...revertsOf(commit.message),
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
  const { index, objects, head, trusted } = context;
  const limit = Math.min(Math.max(1, filter.limit ?? defaultLimit), largestLimit);
  const found: HistoryEntry[] = [];
  for (let before = filter.before === undefined ? undefined : await cursorPosition(context, filter.before); ; ) {
    const missing = limit - found.length;
    const ids = await index.find(head, filter, { limit: missing, before });
    const entries = await Promise.all(ids.map(async (id) => entryOf(await objects.commit(id), trusted)));
    found.push(...entries.filter((entry) => isBy(entry, filter)));
    const last = ids.at(-1);
    if (last === undefined || ids.length < missing || found.length === limit) return found;
    before = await index.positionOf(head, last);
  }
}

/** The index knows an action as the commit claims it. */
function isBy({ trailers }: HistoryEntry, { action }: HistoryFilter): boolean {
  return action === undefined || trailers.get('Cameleer-Action')?.[0] === action;
}

/** Where a page goes on. A commit that was taken off `main` stands where its own history joins it. */
async function cursorPosition({ index, objects, head }: HistoryContext, cursor: string): Promise<number> {
  let id: string | undefined = cursor;
  while (id !== undefined && isObjectId(id)) {
    const position = await index.positionOf(head, id);
    if (position !== undefined) return id === cursor ? position : position + 1;
    const found: ParsedCommit | undefined = await objects.commit(id).catch(() => undefined);
    id = found?.parents[0];
  }
  throw new EngineError('not_found', `There is no commit ${cursor} in the history of main. Give its full id.`);
}
