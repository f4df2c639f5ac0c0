import { mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { GitError } from './git-error.ts';
import { releaseKeptPacks } from './pack-objects.ts';
import { syncDirectory } from './loose-objects.ts';
import { ObjectStore } from './object-store.ts';
import { readReference } from './references.ts';
import { runGit } from './run-git.ts';
import { removeStaleLocks } from './stale-locks.ts';
import { FolderSync } from './sync-folders.ts';
import { ReferenceWriter } from './update-ref.ts';
import type { ReferenceUpdate } from './update-ref.ts';
import { takeWriterLock } from './writer-lock.ts';
import type { WriterLock } from './writer-lock.ts';

/** A bare repository with one writer. */
export class Repository {
  readonly directory: string;
  readonly objects: ObjectStore;
  readonly #references: ReferenceWriter;
  readonly #folders: FolderSync;
  readonly #lock: WriterLock;

  constructor(directory: string, lock: WriterLock) {
    this.directory = directory;
    this.objects = new ObjectStore(directory);
    this.#references = new ReferenceWriter(directory);
    this.#folders = new FolderSync(directory);
    this.#lock = lock;
  }

  reference(name: string): Promise<string | undefined> {
    return readReference(this.directory, name);
  }

  /**
   * Moves one ref, durably. A lock left by a killed process is removed when it is old enough. Tried twice: a git that runs for
   * long may take an old packed-refs for the current one, when it was replaced several times within a second. Throws `GitError`.
   */
  async move(update: ReferenceUpdate, now: Date): Promise<void> {
    try {
      await this.#references.update(update);
    } catch (error) {
      if (!(error instanceof GitError) || error.code !== 'ref_failed') throw error;
      await removeStaleLocks(this.directory, this.#lock, now);
      await this.#references.update(update);
    }
  }

  /** Makes durable what others have put into the repository. */
  settle(): Promise<void> {
    return this.#folders.sync();
  }

  async close(): Promise<void> {
    this.#references.close();
    this.objects.close();
    await this.#lock.release();
  }
}

/** Throws `repository_locked` when a live process has it open, `git_failed` when the folder is no bare repository. */
export async function openRepository(directory: string): Promise<Repository> {
  const root = resolve(directory);
  const found = await stat(join(root, 'objects')).catch(() => undefined);
  if (found === undefined) throw new GitError('git_failed', `${root} is not a bare Git repository. Make one with initRepository.`);
  const lock = await takeWriterLock(root);
  try {
    // A push would start a whole `git gc` beside the writer; upkeep is ours, and takes small steps.
    await runGit(root, ['config', 'gc.auto', '0']);
    await releaseKeptPacks(root);
  } catch (error) {
    await lock.release();
    throw error;
  }
  return new Repository(root, lock);
}

/** Makes an empty bare repository whose branch is `main`. The folder may exist. */
export async function createRepository(directory: string): Promise<void> {
  const root = resolve(directory);
  await mkdir(root, { recursive: true });
  await runGit(root, ['init', '--bare', '--quiet', '--initial-branch=main', '--template=']);
  for (const folder of ['refs/heads', 'refs', 'objects/pack', 'objects', '']) await syncDirectory(join(root, folder));
}
