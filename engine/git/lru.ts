interface Entry<V> {
  readonly value: V;
  readonly weight: number;
}

/**
 * Keeps what was used lately, up to a total weight, in two generations: what isn't used while the young one fills up goes
 * with the old one. Moving an entry to the end of one Map at each use would rehash a large Map again and again.
 */
export class Lru<K, V> {
  readonly #half: number;
  #young = new Map<K, Entry<V>>();
  #old = new Map<K, Entry<V>>();
  #weight = 0;

  constructor(limit: number) {
    this.#half = limit / 2;
  }

  get(key: K): V | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young.value;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.set(key, old.value, old.weight);
    return old.value;
  }

  set(key: K, value: V, weight = 1): void {
    if (weight > this.#half) return;
    this.#weight += weight - (this.#young.get(key)?.weight ?? 0);
    this.#young.set(key, { value, weight });
    if (this.#weight <= this.#half) return;
    this.#old = this.#young;
    this.#young = new Map();
    this.#weight = 0;
  }
}
