import { EngineError } from './engine-error.ts';
import { GitError } from './git/index.ts';

/** Rejects with `invalid` for what is too large to be read: whoever made it has to change it, and nothing is wrong with the repository. */
export async function unlessTooLarge<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw error instanceof GitError && error.code === 'too_large' ? new EngineError('invalid', error.message, { cause: error }) : error;
  });
}
