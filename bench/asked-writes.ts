/** What is known of a write by what its processes were heard to say. */
type Fate = { readonly kind: 'asked' } | { readonly kind: 'refused' } | { readonly kind: 'acknowledged'; readonly commit: string };

/** The writes of processes that are killed, by Request-Id: what was asked for, and what was answered. */
export class AskedWrites {
  readonly #fates = new Map<string, Fate>();
  #repeated = 0;

  /** Takes in `try <id>`, `ack <commit> <id>` and `refused <code> <id>`. */
  hear(lines: readonly string[]): void {
    const again = new Set<string>();
    for (const [word, first = '', second = ''] of lines.map((line) => line.split(' '))) {
      if (word === 'try' && this.#fates.has(first)) again.add(first);
      else if (word === 'try') this.#fates.set(first, { kind: 'asked' });
      else if (word === 'ack') this.#fates.set(second, { kind: 'acknowledged', commit: first });
      // Of a repeated one, what was asked for before may still have been done.
      else if (word === 'refused' && first !== 'outcome_unknown' && !again.has(second)) this.#fates.set(second, { kind: 'refused' });
    }
    this.#repeated += again.size;
  }

  /** Ids of which nobody can say yet whether they were done. */
  unsettled(): readonly string[] {
    return this.#of('asked').map(([id]) => id);
  }

  refused(): readonly string[] {
    return this.#of('refused').map(([id]) => id);
  }

  acknowledged(): readonly { readonly requestId: string; readonly commit: string }[] {
    return this.#of('acknowledged').map(([requestId, { commit }]) => ({ requestId, commit }));
  }

  /** How often something was asked for again. */
  get repeated(): number {
    return this.#repeated;
  }

  #of<K extends Fate['kind']>(kind: K): readonly [string, Extract<Fate, { kind: K }>][] {
    return [...this.#fates].filter((entry): entry is [string, Extract<Fate, { kind: K }>] => entry[1].kind === kind);
  }
}
