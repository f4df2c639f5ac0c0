import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../driver.ts';
import { keyOf, type ObservedStore } from './observed-store.ts';
import { toSeconds } from './time.ts';

export interface EventInput {
  readonly cell: string;
  readonly object: { readonly apiVersion: string; readonly kind: string; readonly name: string; readonly namespace: string; readonly uid?: string };
  readonly type: 'Normal' | 'Warning';
  readonly reason: string;
  readonly message: string;
}

/** Events in Kubernetes' shape; the same event again raises its count. The newest `limit` are kept, in memory. */
export class EventLog {
  readonly #store: ObservedStore;
  readonly #now: () => Date;
  readonly #limit: number;
  readonly #keys = new Set<string>();

  constructor(store: ObservedStore, now: () => Date, limit = 1000) {
    this.#store = store;
    this.#now = now;
    this.#limit = limit;
  }

  record(input: EventInput): void {
    const { cell, object, type, reason, message } = input;
    const id = createHash('sha256').update([object.kind, object.uid ?? '', type, reason, message].join('\0')).digest('hex').slice(0, 16);
    const metadata = { name: `${object.name}.${id}`, namespace: object.namespace };
    const key = keyOf(cell, { kind: 'Event', metadata });
    const time = toSeconds(this.#now());
    const before = this.#store.get(key) as { firstTimestamp?: string; count?: number } | undefined;
    const event: KubernetesObject = {
      apiVersion: 'v1', kind: 'Event',
      metadata: { ...metadata, creationTimestamp: before?.firstTimestamp ?? time },
      involvedObject: object, type, reason, message,
      source: { component: 'cameleer-local' },
      firstTimestamp: before?.firstTimestamp ?? time,
      lastTimestamp: time,
      count: (before?.count ?? 0) + 1,
    };
    this.#keys.delete(key);
    this.#keys.add(key);
    this.#store.set(key, event);
    for (const oldest of this.#keys) {
      if (this.#keys.size <= this.#limit) break;
      this.#keys.delete(oldest);
      this.#store.delete(oldest);
    }
  }
}
