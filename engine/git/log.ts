import { GitError } from './git-error.ts';
import { runGit } from './run-git.ts';

export interface LogFilter {
  readonly from: string;
  /** Commits reachable from here are left out. */
  readonly without?: string;
  /** Only commits that changed one of these paths against their first parent; globs as `:(glob)…`. */
  readonly paths?: readonly string[];
  readonly limit?: number;
  /** Only commits whose message holds this line. */
  readonly messageLine?: string;
  readonly order?: 'newest' | 'oldest';
}

/** Ids of commits along first parents. git's own walk: it compares tree ids level by level and reads nothing else. */
export async function logCommits(directory: string, filter: LogFilter): Promise<string[]> {
  const line = filter.messageLine?.replaceAll(/[\\^$.*[\]]/g, '\\$&');
  const args = [
    'rev-list', '--first-parent',
    ...(filter.order === 'oldest' ? ['--reverse'] : []),
    ...(filter.limit === undefined ? [] : [`--max-count=${filter.limit}`]),
    ...(line === undefined ? [] : ['--basic-regexp', `--grep=^${line}$`]),
    filter.from,
    ...(filter.without === undefined ? [] : [`^${filter.without}`]),
    '--', ...(filter.paths ?? []),
  ];
  const output = await runGit(directory, args);
  return output.toString('latin1').split('\n').filter((id) => id !== '');
}

/** Whether one commit is, or is reached from, the other; false when the repository knows no such commit. */
export async function isAncestor(directory: string, commit: string, of: string): Promise<boolean> {
  return runGit(directory, ['merge-base', '--is-ancestor', commit, of]).then(
    () => true,
    (error: unknown) => {
      if (error instanceof GitError) return false;
      throw error;
    },
  );
}

/** How many commits are reached from any ref. */
export async function countCommits(directory: string): Promise<number> {
  return Number((await runGit(directory, ['rev-list', '--count', '--all'])).toString('latin1').trim());
}
