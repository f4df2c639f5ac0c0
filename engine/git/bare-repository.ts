import { GitError } from './git-error.ts';
import { ObjectStore } from './object-store.ts';
import { listReferences, readReference } from './references.ts';
import type { Repository } from './repository.ts';
import { removeStaleLocks } from './stale-locks.ts';
import { FolderSync } from './sync-folders.ts';
import { ReferenceWriter } from './update-ref.ts';
import type { ReferenceUpdate } from './update-ref.ts';

/** A folder of this machine, which several processes may have open. */
export class BareRepository implements Repository {
  readonly directory: string;
  readonly objects: ObjectStore;
  readonly #references: ReferenceWriter;
  readonly #folders: FolderSync;

  constructor(directory: string) {
    this.directory = directory;
    this.objects = new ObjectStore(directory);
    this.#references = new ReferenceWriter(directory);
    this.#folders = new FolderSync(directory);
  }

  reference(name: string): Promise<string | undefined> {
    return readReference(this.directory, name);
  }

  references(prefix: string): Promise<ReadonlyMap<string, string>> {
    return listReferences(this.directory, prefix);
  }

  /**
   * A lock left by a killed process is removed when it is old enough. Tried twice: a git that runs for long may take an old
   * packed-refs for the current one, when it was replaced several times within a second.
   */
  async move(update: ReferenceUpdate, now: Date): Promise<void> {
    try {
      await this.#references.update(update);
    } catch (error) {
      if (!(error instanceof GitError) || (error.code !== 'ref_locked' && error.code !== 'ref_failed')) throw error;
      await removeStaleLocks(this.directory, now);
      await this.#references.update(update);
    }
  }

  async publish(updates: readonly ReferenceUpdate[], now: Date): Promise<ReadonlySet<string>> {
    const moved = new Set<string>();
    for (const update of updates) {
      await this.move({ ...update, derived: true }, now).then(() => moved.add(update.name), () => {});
    }
    return moved;
  }

  /** Every look at a ref reads what it is now. */
  refresh(): Promise<void> {
    return Promise.resolve();
  }

  settle(): Promise<void> {
    return this.#folders.sync();
  }

  close(): Promise<void> {
    this.#references.close();
    this.objects.close();
    return Promise.resolve();
  }
}
