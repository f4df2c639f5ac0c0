import { isUnreadable } from './git-error.ts';
import { logCommits } from './log.ts';
import type { ObjectReader } from './object-store.ts';

interface Source {
  readonly directory: string;
  readonly objects: ObjectReader;
}

/** More steps than a group of writes makes; those commits are in memory, and no process is started for them. */
const nearby = 64;

/**
 * The commits between two along first parents, oldest first, without the first and with the last; `undefined` when the one
 * does not descend from the other, or is not known.
 */
export async function commitsBetween(source: Source, from: string, head: string): Promise<string[] | undefined> {
  const near = await nearDescent(source, from, head);
  if (near !== 'far') return near;
  const between = await logCommits(source.directory, { from: head, without: from, order: 'oldest' }).catch(() => []);
  const [oldest] = between;
  return oldest !== undefined && (await parentOf(source, oldest)) === from ? between : undefined;
}

/**
 * How two commits are related along first parents: the one descends from (or is) the other, precedes it, or neither. An
 * unknown commit has no relatives.
 */
export async function relationOf(source: Source, one: string, other: string): Promise<'descends' | 'precedes' | 'unrelated'> {
  if (isPath(await nearDescent(source, other, one))) return 'descends';
  if (isPath(await nearDescent(source, one, other))) return 'precedes';
  if ((await commitsBetween(source, other, one)) !== undefined) return 'descends';
  return (await commitsBetween(source, one, other)) === undefined ? 'unrelated' : 'precedes';
}

function isPath(found: string[] | 'far' | undefined): boolean {
  return Array.isArray(found);
}

/** `far`: not among the nearest. */
async function nearDescent(source: Source, from: string, head: string): Promise<string[] | 'far' | undefined> {
  const path: string[] = [];
  for (let at: string | undefined = head; at !== undefined; at = await parentOf(source, at)) {
    if (at === from) return path.reverse();
    if (path.length === nearby) return 'far';
    path.push(at);
  }
  return undefined;
}

async function parentOf({ objects }: Source, id: string): Promise<string | undefined> {
  try {
    return (await objects.commit(id)).parents[0];
  } catch (error) {
    if (isUnreadable(error)) return undefined;
    throw error;
  }
}
