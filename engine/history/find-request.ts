import type { RequestIndex } from '../commit/request-index.ts';
import { GitError, isAncestor, parseTrailers } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { HistoryIndex } from './history-index.ts';
import { signatureOf } from './signatures.ts';

export interface RequestSources {
  readonly directory: string;
  readonly objects: ObjectReader;
  readonly head: string;
  readonly trusted: readonly string[];
  readonly requests: RequestIndex;
  readonly index: HistoryIndex;
}

/**
 * The last commit of `main` that a request led to, however old. Whoever repeats a request waits for it: what the index of the
 * history has is asked of it, as it is, and git walks over the commits since.
 */
export async function findRequest({ directory, objects, head, trusted, requests, index }: RequestSources, requestId: string): Promise<string | undefined> {
  const { commits, upTo } = index.claims(requestId);
  const since = await requests.find(requestId, { objects, head, without: upTo }).catch((error: unknown) => {
    if (upTo === undefined || !(error instanceof GitError)) throw error;
    // The index ends at a commit that somebody took off main, and that is gone.
    return requests.find(requestId, { objects, head, without: undefined });
  });
  if (since !== undefined) return since;
  for (const id of commits) {
    const commit = await objects.commit(id);
    const says = parseTrailers(commit.message).get('Request-Id')?.[0] === requestId && signatureOf(commit, trusted) === 'platform';
    if (says && (await isAncestor(directory, id, head))) return id;
  }
  return undefined;
}
