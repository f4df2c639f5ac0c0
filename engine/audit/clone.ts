import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { firstParents, listReferences, readReference, runGit } from '../git/index.ts';

export interface Heads {
  readonly main: string | undefined;
  /** Cell → head of its branch. */
  readonly cells: ReadonlyMap<string, string>;
}

/**
 * The branches of a state repository: of a clone with a work tree as its origin had them, else its own. A mirror has whatever refs
 * its origin has, `refs/remotes/` as well: there they say nothing of `main`.
 */
export async function headsOf(directory: string): Promise<Heads> {
  const bare = (await runGit(directory, ['rev-parse', '--is-bare-repository'])).toString().trim() === 'true';
  const [first, second] = bare ? ['refs/heads/', 'refs/remotes/origin/'] as const : ['refs/remotes/origin/', 'refs/heads/'] as const;
  const found = await readReference(directory, `${first}main`);
  const prefix = found === undefined ? second : first;
  const cells = await listReferences(directory, `${prefix}cells/`);
  return {
    main: found ?? (await readReference(directory, `${second}main`)),
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
