import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runGitAside } from './run-git.ts';

/** Bounds the time of one go; the next one continues. */
const mostFilters = 20_000;

/**
 * Continues the commit-graph up to what the refs lead to, with the paths that each commit changed, so that a history of one
 * file does not read every tree. New commits make a small file in the chain; `anew`: one file in place of the chain, for
 * after objects were dropped. A graph that does not verify is removed: git does without.
 */
export async function writeCommitGraph(directory: string, { anew, signal }: { readonly anew: boolean; readonly signal?: AbortSignal }): Promise<void> {
  const write = (how: 'replace' | 'grow') => {
    const split = how === 'grow' ? ['--split', '--size-multiple=4'] : [`--split=${how}`];
    return runGitAside(directory, ['commit-graph', 'write', '--reachable', '--changed-paths', `--max-new-filters=${mostFilters}`, ...split, '--no-progress'], signal);
  };
  const verify = () => runGitAside(directory, ['commit-graph', 'verify', '--shallow', '--no-progress'], signal);
  try {
    await write(anew ? 'replace' : 'grow');
    await verify();
  } catch {
    signal?.throwIfAborted();
    await removeCommitGraph(directory);
    await write('replace');
    await verify();
  }
}

export async function removeCommitGraph(directory: string): Promise<void> {
  const info = join(directory, 'objects', 'info');
  await Promise.all(['commit-graph', 'commit-graphs'].map((name) => rm(join(info, name), { recursive: true, force: true })));
}

/** Whether the whole chain says what the commits say. */
export async function commitGraphIsSound(directory: string): Promise<boolean> {
  return runGitAside(directory, ['commit-graph', 'verify', '--no-progress']).then(() => true, () => false);
}
