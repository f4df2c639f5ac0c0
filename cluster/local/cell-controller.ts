import { randomUUID } from 'node:crypto';
import type { CellRevision, KubernetesObject } from '../driver.ts';
import { assembleCell, type AssembledCell, type CellFile, type CellObject } from './assemble-cell.ts';
import { CellFiles } from './cell-files.ts';
import { DeploymentController } from './deployment-controller.ts';
import type { EventLog } from './event-log.ts';
import { helmReleaseStatus, kustomizationStatus } from './flux-status.ts';
import type { ObservedMemory } from './observed-memory.ts';
import { keyOf, type ObservedStore } from './observed-store.ts';
import type { Pod } from './pod.ts';
import type { PodKeeper } from './pod-keeper.ts';
import { ServiceController } from './service-controller.ts';
import type { ServicePorts } from './service-ports.ts';
import type { Deployment, Service } from './shapes.ts';
import { toSeconds } from './time.ts';

export interface CellDependencies {
  readonly now: () => Date;
  readonly store: ObservedStore;
  readonly memory: ObservedMemory;
  readonly events: EventLog;
  readonly keeper: PodKeeper;
  readonly ports: ServicePorts;
  readonly serviceRetryMs: number;
}

/** Makes one cell what its newest revision says. */
export class CellController {
  readonly #cell: string;
  readonly #dependencies: CellDependencies;
  readonly #files = new CellFiles();
  readonly #deployments = new Map<string, DeploymentController>();
  readonly #services = new Map<string, ServiceController>();
  /** Key → what was applied, from which file: an object that says the same is left alone. */
  readonly #applied = new Map<string, { readonly file: CellFile; readonly text: string }>();
  readonly #secrets = new Map<string, CellObject>();
  #assembled: AssembledCell | undefined;
  #servicesKnown = false;
  #queue: Promise<void> = Promise.resolve();

  constructor(cell: string, dependencies: CellDependencies) {
    this.#cell = cell;
    this.#dependencies = dependencies;
  }

  /** One revision after the other; each resolves when its objects are accepted. */
  apply(revision: CellRevision): Promise<void> {
    const done = this.#queue.then(() => this.#apply(revision));
    this.#queue = done.catch(() => {});
    return done;
  }

  findSecret(namespace: string, name: string): CellObject | undefined {
    return this.#secrets.get(`${namespace}/${name}`);
  }

  /** Service variables for pods of the namespace; undefined before the first revision is applied. */
  variables(namespace: string): Record<string, string> | undefined {
    if (!this.#servicesKnown) return undefined;
    const prefix = keyOf(this.#cell, { kind: 'Service', metadata: { name: '', namespace } });
    return Object.assign({}, ...[...this.#services].filter(([key]) => key.startsWith(prefix)).map(([, service]) => service.variables)) as Record<string, string>;
  }

  get images(): readonly string[] {
    return (this.#assembled?.objects ?? []).filter(({ object }) => object.kind === 'Deployment').map(({ object }) => (object as Deployment).spec.template.spec.containers[0]?.image ?? '');
  }

  close(): void {
    for (const deployment of this.#deployments.values()) deployment.close();
    for (const service of this.#services.values()) service.close(false);
  }

  async #apply(revision: CellRevision): Promise<void> {
    await this.#files.update(revision);
    const assembled = assembleCell(this.#files.list, this.#assembled);
    this.#assembled = assembled;
    this.#secrets.clear();
    for (const item of assembled.objects) {
      if (item.object.kind === 'Secret') this.#secrets.set(`${item.object.metadata.namespace ?? ''}/${item.object.metadata.name}`, item);
    }
    this.#prune(assembled);
    const failures = await this.#applyAll(assembled);
    this.#stopUnwanted();
    this.#publishFlux(assembled, revision.revision, failures);
  }

  /** Services come first, so that pods are told their addresses. One object's failure doesn't hold up the others. */
  async #applyAll(assembled: AssembledCell): Promise<Map<CellObject, string>> {
    const failures = new Map<CellObject, string>();
    const order = (item: CellObject): number => (item.object.kind === 'Deployment' ? 2 : item.object.kind === 'Service' ? 1 : 0);
    for (const item of assembled.objects.toSorted((a, b) => order(a) - order(b))) {
      this.#servicesKnown ||= item.object.kind === 'Deployment';
      try {
        await this.#applyObject(item);
      } catch (error) {
        failures.set(item, `${item.file.path}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    return failures;
  }

  async #applyObject({ object, file }: CellObject): Promise<void> {
    const key = keyOf(this.#cell, object);
    const before = this.#applied.get(key);
    this.#deployments.get(key)?.nudge();
    if (before?.file === file) return;
    const text = JSON.stringify(object);
    this.#applied.set(key, { file, text });
    if (before?.text === text) return;
    try {
      await this.#applyChanged(key, object);
    } catch (error) {
      // The next revision tries again.
      this.#applied.set(key, { file: { ...file }, text: '' });
      throw error;
    }
  }

  async #applyChanged(key: string, object: KubernetesObject): Promise<void> {
    if (object.kind === 'Deployment') this.#applyDeployment(key, object as Deployment);
    else if (object.kind === 'Service') await this.#applyService(key, object as Service);
    else if (object.kind === 'HelmRelease') this.#publishWithStatus(key, object, helmReleaseStatus(object, this.#observed(key), this.#dependencies.now()));
    else if (object.kind !== 'Kustomization') this.#publish(key, plain(object, this.#cell, this.#observed(key), this.#dependencies.now()));
  }

  #applyDeployment(key: string, deployment: Deployment): void {
    const existing = this.#deployments.get(key);
    if (existing !== undefined) {
      existing.update(deployment);
      return;
    }
    const { keeper, now, events } = this.#dependencies;
    const name = deployment.metadata.name;
    const namespace = deployment.metadata.namespace ?? 'default';
    const owner = { cell: this.#cell, namespace, owner: name };
    const controller = new DeploymentController(deployment, keeper.pods.filter((pod) => isOf(pod, owner)), {
      now,
      observed: () => this.#observed(key),
      publish: (object) => this.#publish(key, object),
      startPod: (input) => keeper.start({ ...input, cell: this.#cell }),
      onEvent: (type, reason, message) => events.record({ cell: this.#cell, object: { apiVersion: 'apps/v1', kind: 'Deployment', name, namespace }, type, reason, message }),
    });
    this.#deployments.set(key, controller);
    keeper.follow(owner, (pod) => controller.onPodChange(pod));
  }

  async #applyService(key: string, service: Service): Promise<void> {
    let controller = this.#services.get(key);
    if (controller === undefined) {
      const { now, ports, keeper } = this.#dependencies;
      controller = new ServiceController(service, {
        cell: this.#cell, now, ports, retryMs: this.#dependencies.serviceRetryMs,
        observed: () => this.#observed(key),
        publish: (object) => this.#publish(key, object),
        pods: () => keeper.pods.filter((pod) => pod.record.cell === this.#cell && pod.record.namespace === service.metadata.namespace),
      });
      this.#services.set(key, controller);
    }
    await controller.update(service);
  }

  #prune(assembled: AssembledCell): void {
    const wanted = new Set(assembled.objects.map(({ object }) => keyOf(this.#cell, object)));
    for (const key of this.#applied.keys()) {
      if (wanted.has(key)) continue;
      this.#applied.delete(key);
      void this.#deployments.get(key)?.stop();
      this.#deployments.delete(key);
      this.#services.get(key)?.close(true);
      this.#services.delete(key);
      this.#dependencies.store.delete(key);
    }
    // Also what went while no control plane ran.
    this.#dependencies.memory.retain(`${this.#cell}|`, wanted);
    this.#dependencies.ports.retain(`${this.#cell}/`, (key) => wanted.has(serviceKey(this.#cell, key)));
  }

  /** Pods without a Deployment of this revision: adopted ones, and those whose Deployment has just gone. */
  #stopUnwanted(): void {
    const { keeper } = this.#dependencies;
    const owned = (record: { namespace: string; owner: string }): boolean =>
      this.#deployments.has(keyOf(this.#cell, { kind: 'Deployment', metadata: { name: record.owner, namespace: record.namespace } }));
    for (const pod of keeper.pods) if (pod.record.cell === this.#cell && !owned(pod.record)) void pod.stop();
    keeper.forgetDead(this.#cell, owned);
  }

  #publishFlux(assembled: AssembledCell, revision: string, failures: ReadonlyMap<CellObject, string>): void {
    for (const applied of assembled.kustomizations) {
      const key = keyOf(this.#cell, applied.kustomization);
      const errors = [...applied.errors, ...applied.objects.flatMap((item) => failures.get(item) ?? [])];
      const status = kustomizationStatus({ ...applied, errors }, revision, this.#observed(key), this.#dependencies.now());
      this.#publishWithStatus(key, applied.kustomization, status);
    }
  }

  #publishWithStatus(key: string, object: KubernetesObject, status: object): void {
    this.#publish(key, { ...plain(object, this.#cell, this.#observed(key), this.#dependencies.now()), status });
  }

  #publish(key: string, object: KubernetesObject): void {
    const uid = object.metadata.uid ?? this.#observed(key)?.metadata.uid ?? randomUUID();
    const whole = { ...object, metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, 'cameleer.io/cell': this.#cell }, uid } };
    this.#dependencies.store.set(key, whole);
    this.#dependencies.memory.set(key, whole);
  }

  #observed(key: string): KubernetesObject | undefined {
    return this.#dependencies.store.get(key) ?? this.#dependencies.memory.get(key);
  }
}

/** Key of the Service to which a recorded port `<cell>/<namespace>/<service>/<port>` belongs. */
function serviceKey(cell: string, record: string): string {
  const [namespace = '', name = ''] = record.slice(cell.length + 1).split('/');
  return keyOf(cell, { kind: 'Service', metadata: { namespace, name } });
}

function isOf(pod: Pod, owner: { cell: string; namespace: string; owner: string }): boolean {
  return pod.record.cell === owner.cell && pod.record.namespace === owner.namespace && pod.record.owner === owner.owner;
}

/** The object as the API server would show it: no Secret's values, a generation that counts changes of its spec. */
function plain(object: KubernetesObject, cell: string, before: KubernetesObject | undefined, now: Date): KubernetesObject {
  const { sops: _sops, data: _data, stringData: _stringData, ...rest } = object as KubernetesObject & { sops?: unknown; data?: unknown; stringData?: unknown };
  const shown = object.kind === 'Secret' ? rest : object;
  const same = before !== undefined && JSON.stringify(before['spec']) === JSON.stringify(object['spec']);
  const generation = (before?.metadata.generation ?? 0) + (same ? 0 : 1);
  const creationTimestamp = before?.metadata.creationTimestamp ?? toSeconds(now);
  return { ...shown, ...statusOf(object), metadata: { ...object.metadata, annotations: { ...object.metadata.annotations, 'cameleer.io/cell': cell }, creationTimestamp, generation } };
}

/** Status of kinds whose acceptance is all there is to say. */
function statusOf(object: KubernetesObject): { status?: object } {
  return object.kind === 'Namespace' ? { status: { phase: 'Active' } } : {};
}
