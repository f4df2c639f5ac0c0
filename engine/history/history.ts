import { pathOfRef, tenantDirectory } from '../../schemas/index.ts';
import { isObjectId, logCommits, parseTrailers } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import { EngineError } from '../engine-error.ts';
import type { Engine, HistoryEntry } from '../types.ts';
import { signatureOf } from './signatures.ts';

export type HistoryFilter = Parameters<Engine['history']>[0];

export interface HistoryContext {
  readonly directory: string;
  readonly objects: ObjectReader;
  readonly head: string;
  readonly trusted: readonly string[];
}

const defaultLimit = 50;
const largestLimit = 1000;

/** Paths whose changes the filter asks for; empty: all. */
export function pathsOf(filter: HistoryFilter): string[] {
  if (filter.ref !== undefined) return [pathOfRef(filter.ref)];
  const { tenant, environment, application } = filter;
  if (tenant === undefined) return [];
  const root = tenantDirectory(tenant);
  if (environment === undefined && application === undefined) return [root];
  if (application === undefined) return [`${root}/environments/${environment ?? ''}`];
  const inEnvironment = (name: string) => [`${root}/environments/${name}/apps/${application}.yaml`, `${root}/environments/${name}/holds/${application}.yaml`];
  if (environment !== undefined) return inEnvironment(environment);
  return [`${root}/apps/${application}`, ...inEnvironment('*').map((path) => `:(glob)${path}`)];
}

export function entryOf(commit: ParsedCommit, trusted: readonly string[]): HistoryEntry {
  return {
    commit: commit.id,
    parents: commit.parents,
    author: commit.author.name,
    time: `${new Date(commit.author.seconds * 1000).toISOString().slice(0, 19)}Z`,
    subject: commit.message.split('\n')[0] ?? '',
    trailers: parseTrailers(commit.message),
    ...revertsOf(commit.message),
    signature: signatureOf(commit, trusted),
  };
}

/** As `git revert` writes it, and as people leave it when they edit the message. */
function revertsOf(message: string): Pick<HistoryEntry, 'reverts'> {
  const reverts = [...message.matchAll(/\bThis reverts commits?\s+([0-9a-f]{7,64})\b/g)].flatMap(([, id]) => id ?? []);
  return reverts.length === 0 ? {} : { reverts };
}

/** Commits of `main` along first parents that changed what the filter names, newest first. Throws `not_found`. */
export async function history(context: HistoryContext, filter: HistoryFilter): Promise<readonly HistoryEntry[]> {
  const limit = Math.min(Math.max(1, filter.limit ?? defaultLimit), largestLimit);
  const from = filter.before === undefined ? context.head : await parentOf(context, filter.before);
  if (from === undefined) return [];
  const ids = await logCommits(context.directory, { from, paths: pathsOf(filter), limit });
  return Promise.all(ids.map(async (id) => entryOf(await context.objects.commit(id), context.trusted)));
}

async function parentOf(context: HistoryContext, commit: string): Promise<string | undefined> {
  const found = isObjectId(commit) ? await context.objects.commit(commit).catch(() => undefined) : undefined;
  if (found === undefined) throw new EngineError('not_found', `There is no commit ${commit}. Give its full id.`);
  return found.parents[0];
}
