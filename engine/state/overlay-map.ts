const removed = Symbol('removed');

/** A map over a map: changes stay in the upper one until they are absorbed, so that a refused step leaves no trace. */
export class OverlayMap<K, V> {
  #below: OverlayMap<K, V> | undefined;
  readonly #own = new Map<K, V | typeof removed>();

  constructor(below?: OverlayMap<K, V>) {
    this.#below = below;
  }

  get(key: K): V | undefined {
    const own = this.#own.get(key);
    if (own === removed) return undefined;
    return own ?? this.#below?.get(key);
  }

  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  set(key: K, value: V): void {
    this.#own.set(key, value);
  }

  delete(key: K): void {
    if (this.#below === undefined) this.#own.delete(key);
    else this.#own.set(key, removed);
  }

  keys(): Set<K> {
    const keys = new Set(this.#below?.keys());
    for (const [key, value] of this.#own) {
      if (value === removed) keys.delete(key);
      else keys.add(key);
    }
    return keys;
  }

  toMap(): Map<K, V> {
    const map = new Map<K, V>();
    for (const key of this.keys()) {
      const value = this.get(key);
      if (value !== undefined) map.set(key, value);
    }
    return map;
  }

  fork(): OverlayMap<K, V> {
    return new OverlayMap(this);
  }

  /** Puts it on another map that has what the one below it has. */
  settleOn(below: OverlayMap<K, V>): void {
    this.#below = below;
  }

  /** Takes over the changes of a fork of this map. */
  absorb(fork: OverlayMap<K, V>): void {
    for (const [key, value] of fork.#own) {
      if (value === removed) this.delete(key);
      else this.#own.set(key, value);
    }
  }
}
