import type { KubernetesObject, ObservedQuery } from '../driver.ts';

export type Change = 'applied' | 'deleted';
export type Listener = (object: KubernetesObject, change: Change) => void;

/** The observed objects of all cells, newest state. Objects of one cell never replace those of another. */
export class ObservedStore {
  readonly #objects = new Map<string, KubernetesObject>();
  readonly #listeners = new Set<Listener>();

  get(key: string): KubernetesObject | undefined {
    return this.#objects.get(key);
  }

  /** Tells listeners only when something differs. */
  set(key: string, object: KubernetesObject): void {
    const before = this.#objects.get(key);
    if (before !== undefined && JSON.stringify(before) === JSON.stringify(object)) return;
    this.#objects.set(key, object);
    this.#tell(object, 'applied');
  }

  delete(key: string): void {
    const object = this.#objects.get(key);
    if (object === undefined) return;
    this.#objects.delete(key);
    this.#tell(object, 'deleted');
  }

  list(query: ObservedQuery): readonly KubernetesObject[] {
    return [...this.#objects.values()]
      .filter((object) => query.kind === undefined || object.kind === query.kind)
      .filter((object) => query.namespace === undefined || object.metadata.namespace === query.namespace)
      .filter((object) => query.name === undefined || object.metadata.name === query.name)
      .sort((a, b) => compare(sortKey(a), sortKey(b)));
  }

  watch(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  #tell(object: KubernetesObject, change: Change): void {
    for (const listener of this.#listeners) listener(object, change);
  }
}

/** Identity of an object in this runner. */
export function keyOf(cell: string, object: { kind: string; metadata: { name: string; namespace?: string } }): string {
  return [cell, object.kind, object.metadata.namespace ?? '', object.metadata.name].join('|');
}

function sortKey(object: KubernetesObject): string {
  return `${object.metadata.name}|${object.kind}|${object.metadata.namespace ?? ''}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
