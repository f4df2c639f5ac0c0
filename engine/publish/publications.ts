import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { upkeep } from '../git/index.ts';
import type { ObjectReader, StateKey } from '../git/index.ts';
import type { Head } from '../types.ts';
import { bringCell } from './cell-publication.ts';
import { removeUnfinished } from './replace-folder.ts';
import { bringTenant } from './tenant-publication.ts';

export type PublicationName = { readonly cell: string } | { readonly tenant: string };

export interface PublicationsOptions {
  /** Where they are kept; each is made when somebody first asks for it. */
  readonly folder: string;
  /** The state repository, its objects, and the key that signs what is made of them. */
  readonly directory: string;
  readonly objects: ObjectReader;
  readonly key: StateKey;
  readonly head: () => Head;
  /** Names of the cells that platform.yaml's state knows. */
  readonly cells: () => ReadonlySet<string>;
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}

/** Changes that come together are published together. */
const pauseMilliseconds = 20;

/**
 * Repositories of their own for who may not read the state repository: each holds only what its readers may know, because Git
 * serves every object whose id is known. They share no object store, are derived, and may be deleted at any time.
 */
export class Publications {
  readonly #options: PublicationsOptions;
  readonly #turns = new Map<string, Promise<unknown>>();
  readonly #tending = new Map<string, Promise<unknown>>();
  readonly #closing = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: PublicationsOptions) {
    this.#options = options;
  }

  /** Removes what a killed process left half made. */
  async start(): Promise<void> {
    for (const kind of ['cells', 'tenants']) await removeUnfinished(join(this.#options.folder, kind));
  }

  /** The repository's folder, when it shows everything up to the head of now; `undefined` when there is nothing to publish. */
  async publication(name: PublicationName): Promise<string | undefined> {
    return 'cell' in name ? this.#cell(name.cell) : this.#tenant(name.tenant);
  }

  /** Called when the head has moved: the cells that somebody reads follow at once. */
  moved(): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#follow().catch(this.#options.onError);
    }, pauseMilliseconds);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#turns.values());
    this.#closing.abort();
    await Promise.allSettled(this.#tending.values());
  }

  #path(kind: 'cells' | 'tenants', name: string): string {
    if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new TypeError(`${JSON.stringify(name)} names no publication.`);
    return join(this.#options.folder, kind, `${name}.git`);
  }

  async #cell(cell: string): Promise<string | undefined> {
    const target = this.#path('cells', cell);
    const { directory, objects } = this.#options;
    return this.#inTurn(target, async () => {
      const commit = this.#options.head().cells.get(cell);
      if (commit === undefined || !this.#options.cells().has(cell)) return undefined;
      await bringCell({ directory, objects, cell, commit }, target);
      return target;
    });
  }

  async #tenant(tenant: string): Promise<string | undefined> {
    const target = this.#path('tenants', tenant);
    const { directory, objects, key, head } = this.#options;
    return this.#inTurn(target, async () => ((await bringTenant({ directory, objects, key, tenant, main: head().commit }, target)) ? target : undefined));
  }

  async #follow(): Promise<void> {
    const folder = join(this.#options.folder, 'cells');
    const names = (await readdir(folder).catch(() => [])).filter((name) => /^[a-z][a-z0-9-]*\.git$/.test(name));
    for (const name of names) {
      // One whose cell is gone has no readers any more.
      if ((await this.#cell(name.slice(0, -'.git'.length))) === undefined) await rm(join(folder, name), { recursive: true, force: true });
    }
  }

  /** One at a time for each publication. */
  #inTurn(target: string, work: () => Promise<string | undefined>): Promise<string | undefined> {
    if (this.#closed) return Promise.resolve(undefined);
    const turn = (this.#turns.get(target) ?? Promise.resolve()).then(work);
    const settled = turn.then((made) => made !== undefined && this.#tend(made), () => {}).then(() => {
      if (this.#turns.get(target) === settled) this.#turns.delete(target);
    });
    this.#turns.set(target, settled);
    return turn;
  }

  /** Beside the turns: nobody waits for a repack. */
  #tend(target: string): void {
    if (this.#tending.has(target)) return;
    const tending = upkeep(target, { now: this.#options.now(), signal: this.#closing.signal })
      .catch(this.#options.onError)
      .then(() => this.#tending.delete(target));
    this.#tending.set(target, tending);
  }
}
