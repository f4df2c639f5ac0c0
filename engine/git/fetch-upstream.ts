import { simpleGit } from 'simple-git';
import { GitError } from './git-error.ts';
import { isObjectId } from './object-id.ts';
import { readReference } from './references.ts';
import { runGit } from './run-git.ts';

/** Where fetched heads stand; outside refs/heads, so nothing takes them for ours. */
const fetched = 'refs/upstream/main';

/**
 * Fetches `main` of another repository and answers with its commit when our `main` can simply move there; `undefined` when
 * there is nothing new. Throws `ref_moved` when the two have parted: then a person decides, nothing is merged or forced.
 */
export async function fetchUpstream(directory: string, url: string, ours: string): Promise<string | undefined> {
  // simple-git refuses dangerous options and `ext::` addresses by itself.
  await simpleGit({ baseDir: directory, timeout: { block: 30_000 } })
    .raw(['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', url, `+refs/heads/main:${fetched}`])
    .catch((cause: unknown) => {
      throw new GitError('git_failed', 'The upstream repository could not be fetched. Check its address and the access to it.', { cause });
    });
  const theirs = await readReference(directory, fetched);
  if (theirs === undefined || theirs === ours) return undefined;
  const base = (await runGit(directory, ['merge-base', ours, theirs])).toString('latin1').trim();
  if (!isObjectId(base) || base === theirs) return undefined;
  if (base === ours) return theirs;
  throw new GitError('ref_moved', 'The upstream\'s main and ours have parted. Merge them by hand and push the result.');
}
