import { setTimeout } from 'node:timers/promises';
import { stockGit } from '../engine/testing/stock-git.ts';

export interface Acknowledged {
  readonly commit: string;
  readonly requestId: string;
}

/** Request-Id → commits of `main` that carry it. */
export function commitsByRequest(directory: string): ReadonlyMap<string, readonly string[]> {
  const lines = stockGit(directory, ['log', '--format=%H %(trailers:key=Request-Id,valueonly,separator=%x20)', 'main']).split('\n').map((line) => line.split(' '));
  const commits = new Map<string, string[]>();
  for (const [commit = '', requestId = ''] of lines) if (requestId !== '') commits.set(requestId, [...(commits.get(requestId) ?? []), commit]);
  return commits;
}

/** What must hold after each kill, said by stock git alone. */
export function faultsOfWrites(directory: string, acknowledged: readonly Acknowledged[]): string[] {
  const commits = commitsByRequest(directory);
  const lost = acknowledged.filter(({ commit, requestId }) => commits.get(requestId)?.join() !== commit).map(({ commit, requestId }) => `lost ${commit} of ${requestId}, which is there as ${commits.get(requestId)?.join() ?? 'nothing'}`);
  const twice = [...commits].filter(([, found]) => found.length > 1).map(([requestId]) => `twice ${requestId}`);
  return [...lost, ...twice];
}

/** Whether a cell says it was rendered from what `main` does not have; asked before anything is done to the refs. */
export function cellsAhead(directory: string): string[] {
  const main = new Set(stockGit(directory, ['rev-list', 'main']).split('\n'));
  const cells = stockGit(directory, ['for-each-ref', '--format=%(refname) %(trailers:key=Source-Commit,valueonly)', 'refs/heads/cells']).split('\n').filter((line) => line.trim() !== '');
  return cells.filter((line) => !main.has(line.split(' ')[1] ?? '')).map((line) => `ahead ${line}`);
}

/** What a repack does that outlived its process may be seen half done, so a complaint counts when it is there twice. */
export async function checkObjects(directory: string, broken: string[]): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      stockGit(directory, ['fsck', '--strict', '--no-dangling']);
      return;
    } catch (error) {
      if (attempt === 3) broken.push(`fsck ${String((error as { stderr?: unknown }).stderr)}`);
      await setTimeout(2_000);
    }
  }
}
