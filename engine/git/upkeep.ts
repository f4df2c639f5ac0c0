import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { collect, collectionPays } from './collect.ts';
import type { CollectOptions } from './collect.ts';
import { writeCommitGraph } from './commit-graph.ts';
import { withGcLock } from './gc-lock.ts';
import { removeLeftovers } from './leftovers.ts';
import { runGitAside } from './run-git.ts';

export interface UpkeepOptions extends CollectOptions {
  /** Collect now, whether it pays or not. */
  readonly collect?: boolean;
  /** Somebody is writing: whatever is not pressing waits, because it would take half of a small machine. */
  readonly busy?: boolean;
  /** Runs before unreachable objects are looked for, while no other upkeep does. */
  readonly beforeCollecting?: () => Promise<void>;
}

/** What one look came to: `busy` when another process, or a `git gc`, was at it. */
export type UpkeepResult = 'nothing_to_do' | 'busy' | 'joined' | 'collected';

/** As `git gc --auto` estimates: one of 256 folders stands for all. */
const sampleFolder = '17';
const looseFrom = 4000;
const packsFrom = 100;
/** Beside writers it waits until there is so many times as much: a git that starts looks at each pack, in some ten microseconds. */
const pressing = 5;

async function count(path: string, ending: string): Promise<number> {
  const names = await readdir(path).catch(() => []);
  return names.filter((name) => name.endsWith(ending)).length;
}

async function isUntidy(directory: string, times = 1): Promise<boolean> {
  const loose = (await count(join(directory, 'objects', sampleFolder), '')) * 256;
  return loose >= looseFrom * times || (await count(join(directory, 'objects', 'pack'), '.pack')) >= packsFrom * times;
}

/**
 * Looks at the repository, and tidies it when that pays, in processes beside the writers and one at a time. Loose objects and
 * small packs are joined, and the commit-graph continued; when the repository has grown by half, everything is packed anew
 * and what nothing refers to is collected (`collect.ts` says how that is safe). Errors: `git_failed`, `disk_full`.
 */
export async function upkeep(directory: string, options: UpkeepOptions): Promise<UpkeepResult> {
  if (options.busy === true && !(await isUntidy(directory, pressing))) return 'nothing_to_do';
  const due = options.collect === true || (await collectionPays(directory, options.now));
  if (!due && !(await isUntidy(directory))) return 'nothing_to_do';
  const took = await withGcLock(directory, async () => {
    await removeLeftovers(directory, options.now);
    // Unreachable objects come along: nothing is dropped here, and no object stays loose.
    await runGitAside(directory, ['repack', '--geometric=2', '-d', '-q'], options.signal);
    if (due) {
      await options.beforeCollecting?.();
      await collect(directory, options);
    }
    await writeCommitGraph(directory, { anew: due, ...(options.signal === undefined ? {} : { signal: options.signal }) });
  });
  if (!took) return 'busy';
  return due ? 'collected' : 'joined';
}
