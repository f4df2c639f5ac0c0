import { EngineError } from '../engine-error.ts';
import { momentOf } from '../git/index.ts';
import type { ParsedCommit } from '../git/index.ts';
import { ahead } from './clone.ts';

/** What is taken as given: everything up to a commit of `main` (its full id), or before the first commit that says it is of this time or later. */
export type Since = { readonly commit: string } | { readonly time: Date };

/** How many commits of a chain, oldest first, are taken as given. Throws `not_found` for a commit that is not among them. */
export async function takenAsGiven(chain: readonly string[], since: Since | undefined, read: (id: string) => Promise<ParsedCommit>): Promise<number> {
  if (since === undefined) return 0;
  if ('commit' in since) {
    const position = chain.indexOf(since.commit);
    if (position < 0) throw new EngineError('not_found', `Commit ${since.commit} is not on main, so nothing can be verified since then. Name the full id of one that is.`);
    return position + 1;
  }
  let given = 0;
  for await (const commit of ahead(chain, read)) {
    if (momentOf(commit.committer.seconds) >= since.time) return given;
    given += 1;
  }
  return given;
}
