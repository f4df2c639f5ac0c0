import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { Registry } from '../../images/registry.ts';
import { ClusterError } from '../cluster-error.ts';
import type { ClusterDriver, CellRevision } from '../driver.ts';
import { lockDataDirectory } from '../lock-data-directory.ts';
import { CellController } from './cell-controller.ts';
import { EventLog } from './event-log.ts';
import { ImageStore } from './image-store.ts';
import { JavaFinder } from './java-finder.ts';
import type { Logger } from './logger.ts';
import { ObservedMemory } from './observed-memory.ts';
import { ObservedStore } from './observed-store.ts';
import { PodKeeper } from './pod-keeper.ts';
import { PortAllocator } from './ports.ts';
import { preparePod } from './prepare-pod.ts';
import { readLogs } from './read-logs.ts';
import { SecretMounts } from './secret-mounts.ts';
import { SecretReader } from './secret-reader.ts';
import { ServicePorts } from './service-ports.ts';
import { stopOrphans } from './stop-orphans.ts';
import { defaultTiming, type Timing } from './timing.ts';

export interface LocalRunnerOptions {
  /** The runner's own folder; made when missing. One runner at a time. */
  readonly directory: string;
  readonly registry: Registry;
  /** The age identities of a cell, by its name. */
  readonly identities: (cell: string) => Promise<readonly string[]>;
  readonly now: () => Date;
  readonly logger: Logger;
  /** Java's executable; default `$JAVA_HOME/bin/java`, else `java` of the PATH. */
  readonly java?: string;
  readonly timing?: Partial<Timing>;
  /** Bytes of a pod's log file before it is rotated; two are kept, beside what is not yet read. Default 8 MiB. */
  readonly maxLogBytes?: number;
  /** Dead pods of an application whose logs are kept. Default 5. */
  readonly deadPodsKept?: number;
}

export interface LocalRunner extends ClusterDriver {
  /** Stops everything of cells that are no longer local: call it after start with all that are. */
  retainCells(cells: Iterable<string>): Promise<void>;
}

/** Kinds that are accepted and shown, and have no effect on this machine. */
export const notEnforcedLocally = [
  'ClusterRole', 'ClusterRoleBinding', 'HelmRelease', 'Ingress', 'LimitRange', 'NetworkPolicy', 'PodDisruptionBudget', 'ResourceQuota', 'Role', 'RoleBinding',
  'ServiceAccount', 'ValidatingAdmissionPolicy', 'ValidatingAdmissionPolicyBinding',
] as const;

/**
 * Opens the runner: takes over the processes that an earlier one left in the directory. They are matched with what is
 * wanted when their cell is applied for the first time.
 * Throws ClusterError `data_directory_in_use`.
 */
export async function openLocalRunner(options: LocalRunnerOptions): Promise<LocalRunner> {
  const { directory, now, logger } = options;
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const lock = lockDataDirectory(directory, 'runner.lock');
  const timing = { ...defaultTiming, ...options.timing };
  const runner = runnerId(directory);
  const store = new ObservedStore();
  const memory = new ObservedMemory(directory, (error) => logger.error({ err: error }, 'What was observed can not be written: after a restart, times and generations begin anew.'));
  const events = new EventLog(store, now);
  const allocator = new PortAllocator(runner);
  const ports = new ServicePorts(directory, allocator);
  const images = new ImageStore(options.registry, directory);
  const java = new JavaFinder(options.java);
  const mounts = new SecretMounts(runner);
  const cells = new Map<string, CellController>();
  const cellOf = (name: string): CellController => {
    const cell = cells.get(name) ?? new CellController(name, { now, store, memory, events, keeper, ports, serviceRetryMs: timing.serviceRetryMs });
    cells.set(name, cell);
    return cell;
  };
  const keeper: PodKeeper = new PodKeeper({
    directory, runner, now, timing, store, events,
    maxLogBytes: options.maxLogBytes ?? 8 * 1024 * 1024,
    deadPodsKept: options.deadPodsKept ?? 5,
    prepare: (record, container) => preparePod({
      record, container, runner, java, images, mounts, allocator,
      services: cellOf(record.cell).variables(record.namespace),
      secrets: new SecretReader({ cell: record.cell, identities: options.identities, find: (namespace, name) => cellOf(record.cell).findSecret(namespace, name) }),
    }),
    onEnd: (record) => {
      mounts.remove(record.uid);
      for (const port of Object.values(record.ports)) allocator.release(port);
    },
  });
  const orphans = keeper.adopt();
  for (const pod of keeper.pods) for (const port of Object.values(pod.record.ports)) allocator.reserve(port);
  mounts.retain(new Set(keeper.pods.map((pod) => pod.record.uid)));
  await stopOrphans(orphans, logger);
  if (keeper.pods.length > 0) logger.info({ pods: keeper.pods.map((pod) => pod.record.name) }, 'Took over the pods of the control plane before.');
  await java.find().catch((error: unknown) => logger.error({ reason: 'JavaNotFound' }, `No application can be started: ${error instanceof Error ? error.message : String(error)}`));
  let closed = false;
  return {
    notEnforced: notEnforcedLocally,
    async apply(revision: CellRevision) {
      if (closed) throw new ClusterError('driver_closed', 'The local runner has been closed.');
      await cellOf(revision.cell).apply(revision);
      images.retain([...keeper.pods.map((pod) => pod.container.image), ...[...cells.values()].flatMap((cell) => cell.images)]);
    },
    async retainCells(wanted) {
      const names = new Set(wanted);
      const known = new Set([...cells.keys(), ...keeper.pods.map((pod) => pod.record.cell)]);
      for (const name of known) {
        if (!names.has(name)) await cellOf(name).apply({ cell: name, revision: '', files: new Map(), read: () => Promise.reject(new TypeError('No files.')) });
      }
    },
    list: (query) => store.list(query),
    watch: (listener) => store.watch(listener),
    logs: (query) => readLogs(directory, keeper, query),
    async close({ keepPods }) {
      if (closed) return;
      closed = true;
      for (const cell of cells.values()) cell.close();
      if (!keepPods) await keeper.stopAll();
      keeper.close();
      memory.flush();
      lock.release();
    },
  };
}

/** Marks this directory's processes; a copy of the directory elsewhere would share it, which the lock can't see. */
function runnerId(directory: string): string {
  const path = join(directory, 'runner-id');
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    const id = randomUUID();
    writeFileSync(path, id, { mode: 0o600 });
    return id;
  }
}
