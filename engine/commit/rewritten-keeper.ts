import { GitError, ZERO_ID } from '../git/index.ts';
import type { Repository } from '../git/index.ts';
import { rewrittenPrefix } from './branches.ts';

/**
 * Keeps the commits that somebody took off `main` from `git gc`: they were answered for, and a tenant's last good tree may be
 * among them. What can not be kept now, because another git holds a lock, is tried again with each look.
 */
export class RewrittenKeeper {
  readonly #repository: Repository;
  readonly #now: () => Date;
  readonly #waiting = new Set<string>();

  constructor(repository: Repository, now: () => Date) {
    this.#repository = repository;
    this.#now = now;
  }

  add(commit: string): Promise<void> {
    if (commit !== ZERO_ID) this.#waiting.add(commit);
    return this.keep();
  }

  async keep(): Promise<void> {
    for (const commit of this.#waiting) if (await this.#isKept(commit)) this.#waiting.delete(commit);
  }

  async #isKept(commit: string): Promise<boolean> {
    try {
      await this.#repository.move({ name: `${rewrittenPrefix}${commit}`, before: undefined, after: commit }, this.#now());
      return true;
    } catch (error) {
      if (!(error instanceof GitError)) throw error;
      if (error.code === 'ref_locked') return false;
      // Kept before, or gone already.
      if (error.code !== 'ref_moved' && error.code !== 'ref_failed') throw error;
      return true;
    }
  }
}
