import { randomBytes, randomUUID } from 'node:crypto';
import type { LogLine } from '../driver.ts';
import type { EventLog } from './event-log.ts';
import { keyOf, type ObservedStore } from './observed-store.ts';
import { Pod, type PodDependencies } from './pod.ts';
import { podObject } from './pod-object.ts';
import { readPodRecords, removePodDirectory, type PodRecord } from './pod-record.ts';
import { findLeftovers, recoverRecord } from './recover-processes.ts';
import type { Timing } from './timing.ts';

export interface PodKeeperOptions {
  readonly directory: string;
  readonly runner: string;
  readonly now: () => Date;
  readonly timing: Timing;
  readonly maxLogBytes: number;
  /** Dead pods of an application whose logs are kept. */
  readonly deadPodsKept: number;
  readonly store: ObservedStore;
  readonly events: EventLog;
  readonly prepare: PodDependencies['prepare'];
  /** After a pod has ended for good. */
  readonly onEnd: (record: PodRecord) => void;
}

export type NewPod = Pick<PodRecord, 'cell' | 'owner' | 'namespace' | 'templateHash' | 'template' | 'portBehaviour'>;
export type LineListener = (record: PodRecord, line: LogLine) => void;

/** All pods of a runner: adopted, started, and those of which only the logs are left. */
export class PodKeeper {
  readonly #options: PodKeeperOptions;
  readonly #live = new Map<string, Pod>();
  readonly #dead = new Map<string, PodRecord>();
  readonly #owners = new Map<string, (pod: Pod) => void>();
  readonly #lineListeners = new Set<LineListener>();
  readonly #poll: NodeJS.Timeout;

  constructor(options: PodKeeperOptions) {
    this.#options = options;
    this.#poll = setInterval(() => this.drain(), options.timing.pollMs);
  }

  get pods(): readonly Pod[] {
    return [...this.#live.values()];
  }

  /** Live and dead pods of an application. */
  recordsOf(namespace: string, owner: string): readonly PodRecord[] {
    return [...this.#dead.values(), ...this.pods.map((pod) => pod.record)].filter((record) => record.namespace === namespace && record.owner === owner);
  }

  /** Takes over what an earlier control plane left. Answers processes of ours that belong to no pod; they must go. */
  adopt(): readonly number[] {
    const records = readPodRecords(this.#options.directory);
    const leftovers = findLeftovers(this.#options.runner, records);
    for (const record of records) {
      if (record.endedAt !== undefined) this.#dead.set(record.uid, record);
      else {
        recoverRecord(record, leftovers, this.#options.now());
        this.#add(record, true);
      }
    }
    this.#forgetOldDead();
    return leftovers.orphans;
  }

  start(input: NewPod): Pod {
    const uid = randomUUID();
    const record: PodRecord = {
      ...input,
      version: 1,
      uid,
      name: `${input.owner}-${input.templateHash}-${randomBytes(3).toString('hex').slice(0, 5)}`,
      createdAt: this.#options.now().toISOString(),
      ports: {},
      restartCount: 0,
      crashes: 0,
    };
    return this.#add(record, false);
  }

  /** Who is told of changes of the owner's pods. */
  follow(owner: Pick<PodRecord, 'cell' | 'namespace' | 'owner'>, listener: ((pod: Pod) => void) | undefined): void {
    if (listener === undefined) this.#owners.delete(ownerKey(owner));
    else this.#owners.set(ownerKey(owner), listener);
  }

  onLine(listener: LineListener): () => void {
    this.#lineListeners.add(listener);
    return () => void this.#lineListeners.delete(listener);
  }

  /** Reads what the pods have written to their logs. */
  drain(): void {
    for (const pod of this.#live.values()) pod.drainLog();
  }

  /** Removes the logs of dead pods that no application of the cell owns any more. */
  forgetDead(cell: string, owned: (record: PodRecord) => boolean): void {
    for (const record of this.#dead.values()) if (record.cell === cell && !owned(record)) this.#forget(record);
  }

  close(): void {
    clearInterval(this.#poll);
    for (const pod of this.pods) pod.release();
    this.#live.clear();
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.pods.map((pod) => pod.stop()));
  }

  #add(record: PodRecord, adopted: boolean): Pod {
    const { directory, now, timing, maxLogBytes, events, prepare } = this.#options;
    const pod = new Pod(record, {
      directory, now, timing, maxLogBytes, prepare,
      onChange: (changed) => this.#onChange(changed),
      onEvent: (changed, type, reason, message) => {
        const { cell, name, namespace, uid } = changed.record;
        events.record({ cell, object: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid }, type, reason, message });
      },
      onLine: (line) => {
        for (const listener of this.#lineListeners) listener(record, line);
      },
    }, adopted);
    this.#live.set(record.uid, pod);
    this.#options.store.set(this.#key(record), podObject(pod));
    return pod;
  }

  #onChange(pod: Pod): void {
    const { record } = pod;
    if (record.endedAt === undefined) this.#options.store.set(this.#key(record), podObject(pod));
    else {
      this.#live.delete(record.uid);
      this.#dead.set(record.uid, record);
      this.#options.store.delete(this.#key(record));
      this.#options.onEnd(record);
      this.#forgetOldDead();
    }
    this.#owners.get(ownerKey(record))?.(pod);
  }

  #forgetOldDead(): void {
    const byOwner = Map.groupBy(this.#dead.values(), ownerKey);
    for (const records of byOwner.values()) {
      const newestFirst = records.sort((a, b) => ((a.endedAt ?? '') < (b.endedAt ?? '') ? 1 : -1));
      for (const record of newestFirst.slice(this.#options.deadPodsKept)) this.#forget(record);
    }
  }

  #forget(record: PodRecord): void {
    this.#dead.delete(record.uid);
    removePodDirectory(this.#options.directory, record.uid);
  }

  #key(record: PodRecord): string {
    return keyOf(record.cell, { kind: 'Pod', metadata: { name: record.name, namespace: record.namespace } });
  }
}

function ownerKey(record: Pick<PodRecord, 'cell' | 'namespace' | 'owner'>): string {
  return [record.cell, record.namespace, record.owner].join('|');
}
