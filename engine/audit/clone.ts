import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { firstParents, listReferences, readReference } from '../git/index.ts';

export interface Heads {
  readonly main: string | undefined;
  /** Cell → head of its branch. */
  readonly cells: ReadonlyMap<string, string>;
}

/** The branches of a state repository: of a clone as its origin had them, else its own. */
export async function headsOf(directory: string): Promise<Heads> {
  const fetched = await readReference(directory, 'refs/remotes/origin/main');
  const prefix = fetched === undefined ? 'refs/heads/' : 'refs/remotes/origin/';
  const cells = await listReferences(directory, `${prefix}cells/`);
  return {
    main: fetched ?? (await readReference(directory, 'refs/heads/main')),
    cells: new Map([...cells].map(([name, id]) => [name.slice(`${prefix}cells/`.length), id])),
  };
}

export function isShallow(directory: string): boolean {
  return existsSync(join(directory, 'shallow'));
}

/** Ids along first parents, oldest first. */
export async function chainOf(directory: string, head: string): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of firstParents(directory, head)) ids.push(id);
  return ids.reverse();
}

/** Reads many in order, some ahead of the one that is asked for. */
export async function* ahead<K, V>(keys: Iterable<K>, read: (key: K) => Promise<V>, atOnce = 128): AsyncGenerator<V> {
  let batch: K[] = [];
  for (const key of keys) {
    if (batch.push(key) < atOnce) continue;
    yield* await Promise.all(batch.map(read));
    batch = [];
  }
  yield* await Promise.all(batch.map(read));
}
