import { GitError } from './git-error.ts';
import { logCommits } from './log.ts';
import type { ObjectReader } from './object-store.ts';

/** More steps than a group of writes makes; those commits are in memory. */
const nearby = 64;

/** Whether a commit descends from another along first parents; one does from itself. An unknown commit has no relatives. */
export async function descends(repository: { readonly directory: string; readonly objects: ObjectReader }, tip: string, from: string): Promise<boolean> {
  let at: string | undefined = tip;
  for (let step = 0; step < nearby && at !== undefined; step += 1) {
    if (at === from) return true;
    at = await parentOf(repository.objects, at);
  }
  if (at === undefined) return false;
  const [oldest] = await logCommits(repository.directory, { from: at, without: from, order: 'oldest' }).catch(() => []);
  return oldest === undefined ? at === from : (await parentOf(repository.objects, oldest)) === from;
}

async function parentOf(objects: ObjectReader, id: string): Promise<string | undefined> {
  try {
    return (await objects.commit(id)).parents[0];
  } catch (error) {
    if (error instanceof GitError && (error.code === 'object_missing' || error.code === 'object_corrupt')) return undefined;
    throw error;
  }
}
