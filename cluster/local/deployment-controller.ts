import { createHash } from 'node:crypto';
import type { KubernetesObject } from '../driver.ts';
import { conditionsOf } from './conditions.ts';
import { deploymentStatus, isComplete, type DeploymentView } from './deployment-status.ts';
import type { Pod } from './pod.ts';
import type { PodRecord } from './pod-record.ts';
import { planRollout } from './rollout.ts';
import type { Deployment } from './shapes.ts';

export interface DeploymentDependencies {
  readonly now: () => Date;
  /** What was observed last; after a restart, what the control plane before had observed. */
  observed(): KubernetesObject | undefined;
  publish(object: KubernetesObject): void;
  /** Starts a pod from a fresh record; its changes come back through `onPodChange`. */
  startPod(record: Pick<PodRecord, 'owner' | 'namespace' | 'templateHash' | 'template' | 'portBehaviour'>): Pod;
  onEvent(type: 'Normal' | 'Warning', reason: string, message: string): void;
}

const RETRY_MS = 5000;

/** Keeps the pods of one Deployment as its spec says: a rolling update with one pod more, never one less. */
export class DeploymentController {
  readonly #dependencies: DeploymentDependencies;
  readonly #pods = new Map<string, Pod>();
  #deployment: Deployment;
  #templateHash: string;
  #generation: number;
  #progressAt: number;
  #progressMark = '';
  #timer: NodeJS.Timeout | undefined;
  #retry: NodeJS.Timeout | undefined;
  #queued = false;
  #closed = false;

  constructor(deployment: Deployment, adopted: readonly Pod[], dependencies: DeploymentDependencies) {
    this.#deployment = deployment;
    this.#dependencies = dependencies;
    this.#templateHash = templateHash(deployment);
    const before = dependencies.observed();
    const unchanged = before !== undefined && JSON.stringify(before['spec']) === JSON.stringify(deployment.spec);
    this.#generation = (before?.metadata.generation ?? 0) + (unchanged ? 0 : 1);
    this.#progressAt = dependencies.now().getTime();
    for (const pod of adopted) this.#pods.set(pod.record.uid, pod);
    this.nudge();
    this.#queue();
  }

  get pods(): readonly Pod[] {
    return [...this.#pods.values()];
  }

  update(deployment: Deployment): void {
    if (JSON.stringify(deployment.spec) !== JSON.stringify(this.#deployment.spec)) {
      this.#generation += 1;
      this.#progressAt = this.#dependencies.now().getTime();
    }
    this.#deployment = deployment;
    this.#templateHash = templateHash(deployment);
    for (const pod of this.#pods.values()) pod.retry();
    this.#queue();
  }

  /** Tries at once what waits for something outside, such as an image. */
  nudge(): void {
    for (const pod of this.#pods.values()) pod.retry();
  }

  onPodChange(pod: Pod): void {
    if (pod.record.endedAt !== undefined) this.#pods.delete(pod.record.uid);
    this.#queue();
  }

  /** Leaves the pods alone from now on. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
    clearTimeout(this.#retry);
  }

  /** Stops all pods gracefully; resolves when they have ended. */
  async stop(): Promise<void> {
    this.close();
    await Promise.all(this.pods.map((pod) => pod.stop()));
  }

  /** Several changes at once lead to one look. */
  #queue(): void {
    if (this.#queued || this.#closed) return;
    this.#queued = true;
    queueMicrotask(() => {
      this.#queued = false;
      if (!this.#closed) this.#tryReconcile();
    });
  }

  /** A machine that can't give what is needed (files, disk) must not end the control plane. */
  #tryReconcile(): void {
    try {
      this.#reconcile();
    } catch (error) {
      this.#dependencies.onEvent('Warning', 'ReconcileError', error instanceof Error ? error.message : String(error));
      this.#retry = setTimeout(() => this.#queue(), RETRY_MS).unref();
    }
  }

  #reconcile(): void {
    const step = planRollout({
      replicas: this.#wanted,
      exclusive: this.#exclusive !== undefined,
      cautious: this.#portBehaviour === 'unknown' && this.#declaredPorts > 0,
      pods: this.pods.map((pod) => ({ id: pod.record.uid, current: pod.record.templateHash === this.#templateHash, ready: pod.ready, stopping: pod.stopping })),
    });
    for (const id of step.stop) void this.#pods.get(id)?.stop();
    for (let count = 0; count < step.start; count += 1) this.#startPod();
    this.#publish();
  }

  #startPod(): void {
    const { metadata, spec } = this.#deployment;
    const pod = this.#dependencies.startPod({
      owner: metadata.name,
      namespace: metadata.namespace ?? 'default',
      templateHash: this.#templateHash,
      template: spec.template,
      portBehaviour: this.#portBehaviour === 'honoured' ? 'honoured' : 'unknown',
    });
    this.#pods.set(pod.record.uid, pod);
    this.#dependencies.onEvent('Normal', 'SuccessfulCreate', `Created pod: ${pod.record.name}`);
  }

  #publish(): void {
    const now = this.#dependencies.now();
    const old = conditionsOf(this.#dependencies.observed());
    const view = this.#view();
    this.#noteProgress(view, now);
    const status = deploymentStatus(this.#view(), old, now);
    const before = this.#dependencies.observed();
    const failed = status.conditions.some((condition) => condition.reason === 'ProgressDeadlineExceeded');
    if (failed && !old.some((condition) => condition.reason === 'ProgressDeadlineExceeded')) {
      this.#dependencies.onEvent('Warning', 'ProgressDeadlineExceeded', `Made no progress for ${view.progressDeadlineSeconds} seconds`);
    }
    this.#dependencies.publish({
      ...this.#deployment,
      metadata: { ...this.#deployment.metadata, ...identity(before, now), generation: this.#generation },
      status,
    });
  }

  /** Progress is a pod more or less, or one more that is ready; without any the deadline runs. */
  #noteProgress(view: DeploymentView, now: Date): void {
    const mark = `${this.#generation}:${view.pods.map((pod) => `${pod.record.uid}${pod.ready ? '+' : ''}`).join()}`;
    if (mark !== this.#progressMark) {
      this.#progressMark = mark;
      this.#progressAt = now.getTime();
    }
    clearTimeout(this.#timer);
    if (isComplete(view)) return;
    const left = this.#progressAt + view.progressDeadlineSeconds * 1000 - now.getTime();
    if (left > 0) {
      this.#timer = setTimeout(() => this.#queue(), Math.min(left + 10, 2 ** 31 - 1));
      this.#timer.unref();
    }
  }

  #view(): DeploymentView {
    const exclusive = this.#exclusive;
    const mounts = this.#mounts;
    const seconds = this.#deployment.spec.progressDeadlineSeconds ?? 600;
    return {
      generation: this.#generation,
      wanted: exclusive === undefined ? this.#wanted : Math.min(1, this.#wanted),
      templateHash: this.#templateHash,
      pods: this.pods,
      deadlineExceeded: this.#dependencies.now().getTime() - this.#progressAt >= seconds * 1000,
      progressDeadlineSeconds: seconds,
      ...(exclusive === undefined ? {} : { exclusive }),
      ...(mounts === undefined ? {} : { mounts }),
    };
  }

  get #wanted(): number {
    return this.#deployment.spec.replicas ?? 1;
  }

  get #declaredPorts(): number {
    return this.#deployment.spec.template.spec.containers[0]?.ports?.length ?? 0;
  }

  /** What the youngest pod that knows it has shown. */
  get #portBehaviour(): PodRecord['portBehaviour'] {
    return this.pods.toReversed().find((pod) => pod.record.portBehaviour !== 'unknown')?.record.portBehaviour ?? 'unknown';
  }

  get #exclusive(): { reason: string; message: string } | undefined {
    if (this.#declaredPorts > 1) {
      return { reason: 'SeveralPorts', message: 'The application declares several ports. Locally only the first can be moved to a free one, so one replica runs and a restart interrupts it.' };
    }
    if (this.#portBehaviour !== 'ignored') return undefined;
    return { reason: 'PortNotOverridable', message: 'The application listens on its declared port although SERVER_PORT, camel.server.port and their like name another. Locally one replica runs and a restart interrupts it.' };
  }

  get #mounts(): string | undefined {
    const { containers, volumes } = this.#deployment.spec.template.spec;
    const folders = (containers[0]?.volumeMounts ?? []).filter((mount) => volumes?.some((volume) => volume.name === mount.name && volume.secret !== undefined));
    if (folders.length === 0) return undefined;
    return `Locally ${folders.map((mount) => mount.mountPath).join(', ')} is a private folder in memory. Its path is replaced in the environment and the JVM options; a path written inside the application is not.`;
  }
}

/** Ten hex digits; equal templates have equal hashes. */
function templateHash(deployment: Deployment): string {
  return createHash('sha256').update(JSON.stringify(deployment.spec.template)).digest('hex').slice(0, 10);
}

function identity(before: KubernetesObject | undefined, now: Date): { uid?: string; creationTimestamp: string } {
  const { uid, creationTimestamp } = before?.metadata ?? {};
  return { ...(uid === undefined ? {} : { uid }), creationTimestamp: creationTimestamp ?? `${now.toISOString().slice(0, 19)}Z` };
}
