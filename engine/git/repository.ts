import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { BareRepository } from './bare-repository.ts';
import { GitError } from './git-error.ts';
import { syncDirectory } from './loose-objects.ts';
import type { ObjectStore } from './object-store.ts';
import { releaseKeptPacks } from './pack-objects.ts';
import { runGit } from './run-git.ts';
import type { ReferenceUpdate } from './update-ref.ts';

/**
 * The state repository: objects, and refs that move by compare-and-swap alone, so that any number of processes may have it
 * open. Two implementations: bare (a folder, which is the truth) and hosted (a folder that mirrors a remote, which is).
 */
export interface Repository {
  /** A bare repository of this machine that holds every object that a ref leads to. */
  readonly directory: string;
  readonly objects: ObjectStore;
  /** The ref's value as far as is known here; `undefined`: there is none. */
  reference(name: string): Promise<string | undefined>;
  /** Refs below a prefix that ends with `/`, by name. */
  references(prefix: string): Promise<ReadonlyMap<string, string>>;
  /**
   * Moves one ref when it has the value that is given, durably. Throws `GitError`: `ref_moved` when it has another one, which
   * `reference` then knows; the ref is as it was after every other code but `outcome_unknown`.
   */
  move(update: ReferenceUpdate, now: Date): Promise<void>;
  /** Moves refs that can be made again: no throw, and no long wait. Answers the names of those that were moved. */
  publish(updates: readonly ReferenceUpdate[], now: Date): Promise<ReadonlySet<string>>;
  /**
   * When it resolves, `reference` knows what was true at the moment `since` of `performance.now()`, or later. Throws
   * `GitError` when nobody can be asked.
   */
  refresh(since: number): Promise<void>;
  /** Makes durable what others have put into the folder. */
  settle(): Promise<void>;
  close(): Promise<void>;
}

/** Opens a bare repository. Throws `git_failed` when the folder is none. */
export async function openRepository(directory: string, now: Date): Promise<BareRepository> {
  const root = resolve(directory);
  const found = await stat(join(root, 'objects')).catch(() => undefined);
  if (found === undefined) throw new GitError('git_failed', `${root} is not a bare Git repository. Make one with initRepository.`);
  await turnOffAutomaticGc(root);
  await releaseKeptPacks(root, now);
  return new BareRepository(root);
}

/** A push would start a whole `git gc` beside the writers; upkeep is ours, and takes small steps. */
async function turnOffAutomaticGc(root: string): Promise<void> {
  const isOff = async () => (await runGit(root, ['config', '--default', '', '--get', 'gc.auto'])).toString('latin1').trim() === '0';
  if (await isOff()) return;
  await runGit(root, ['config', 'gc.auto', '0']).catch(async (error: unknown) => {
    // Another process that starts may hold the file, for this very line.
    if (!(await isOff())) throw error;
  });
}

/** Makes an empty bare repository whose branch is `main`. The folder may exist. */
export async function createRepository(directory: string): Promise<void> {
  const root = resolve(directory);
  await mkdir(root, { recursive: true });
  await runGit(root, ['init', '--bare', '--quiet', '--initial-branch=main', '--template=']);
  for (const folder of ['refs/heads', 'refs', 'objects/pack', 'objects', '']) await syncDirectory(join(root, folder));
}
