import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from './loose-objects.ts';

/**
 * Makes the names of objects and branches durable that others made. git flushes files but no folders, so a commit that
 * somebody pushed could be gone after a power failure while one of ours, answered for, stands on it.
 */
export class FolderSync {
  readonly #directory: string;
  /** Folder → its last change that is known to be durable. */
  readonly #durable = new Map<string, number>();

  constructor(directory: string) {
    this.#directory = directory;
  }

  async sync(): Promise<void> {
    const objects = await readdir(join(this.#directory, 'objects'));
    const names = objects.filter((name) => name === 'pack' || /^[0-9a-f]{2}$/.test(name)).map((name) => `objects/${name}`);
    await Promise.all(['', 'objects', 'refs/heads', ...names].map((name) => this.#syncOne(name)));
  }

  async #syncOne(name: string): Promise<void> {
    const path = join(this.#directory, name);
    const changed = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    if (changed === undefined || this.#durable.get(name) === changed) return;
    await syncDirectory(path);
    this.#durable.set(name, changed);
  }
}
