import type { KubernetesObject } from '../../cluster/driver.ts';
import type { Observed } from './observe.ts';
import { conditionOf, containerOf, isReady, isTerminating, releaseOf, statusOf, type ContainerStatus } from './kubernetes.ts';
import { asSentence } from './sentence.ts';

export type HealthState = 'progressing' | 'ready' | 'failed' | 'stalled' | 'suspended' | 'unknown';

/** One word, its reason, a sentence that says what to do, and since when (RFC 3339; absent when nobody saw it begin). */
export interface Health {
  readonly health: HealthState;
  readonly reason: string;
  readonly message: string;
  readonly since?: string;
}

export interface Desired {
  readonly release: string;
  readonly replicas: number;
  readonly stopped: boolean;
  readonly suspended: boolean;
}

/** The first of these that says something is the health; the order is from the cause to the symptom. */
const judges: readonly ((desired: Desired, observed: Observed) => Health | undefined)[] = [suspendedTenant, stopped, notApplied, refused, absent, crashing, stalledRollout, rollingOut, settled];

export function healthOf(wish: Desired, observed: Observed): Health {
  const single = singleReplica(wish, observed);
  const desired = single === undefined ? wish : { ...wish, replicas: 1 };
  const health = judge(desired, observed);
  return single === undefined ? health : { ...health, message: `${health.message} Of ${wish.replicas} wanted replicas only one can run here: ${single}` };
}

/** Why the driver runs one pod although several are wanted; `undefined` when it runs them all. */
function singleReplica({ replicas, stopped: isStopped }: Desired, { deployment }: Observed): string | undefined {
  const condition = conditionOf(deployment, 'cameleer.io/SingleReplica');
  if (condition?.status !== 'True' || isStopped || replicas <= 1) return undefined;
  return condition.message ?? 'its port can not be moved.';
}

function judge(desired: Desired, observed: Observed): Health {
  for (const judgement of judges) {
    const health = judgement(desired, observed);
    if (health !== undefined) return health;
  }
  return { health: 'progressing', reason: 'pods_starting', message: `${readiness(desired, observed)} Wait, or look at the logs.`, ...since(startOfUnready(desired, observed)) };
}

function readiness(desired: Desired, { pods }: Observed): string {
  if (desired.replicas === 1) return 'Its pod is not ready yet.';
  return `${current(desired, pods).filter(isReady).length} of ${desired.replicas} pods are ready so far.`;
}

/** When the first of the pods that are not ready yet began. */
function startOfUnready(desired: Desired, { pods }: Observed): string | undefined {
  const starts = current(desired, pods).filter((pod) => !isReady(pod)).map((pod) => containerOf(pod)?.state?.running?.startedAt ?? statusOf(pod).startTime);
  return starts.filter((time) => time !== undefined).sort()[0];
}

function since(time: string | undefined): { since?: string } {
  return time === undefined ? {} : { since: time };
}

function suspendedTenant(desired: Desired): Health | undefined {
  return desired.suspended ? { health: 'suspended', reason: 'tenant_suspended', message: 'The tenant is suspended; nothing of it runs. An operator reactivates it.' } : undefined;
}

function stopped(desired: Desired, observed: Observed): Health | undefined {
  if (!desired.stopped && desired.replicas > 0) return undefined;
  if (observed.pods.some((pod) => !isTerminating(pod) && statusOf(pod).phase === 'Running')) {
    return { health: 'progressing', reason: 'stopping', message: 'Its pods are being stopped.' };
  }
  return { health: 'suspended', reason: 'stopped', message: 'It is stopped; its configuration is kept. Start it by setting stopped to false and replicas above 0.' };
}

function notApplied(_desired: Desired, observed: Observed): Health | undefined {
  const ready = conditionOf(observed.kustomization, 'Ready');
  if (ready?.status !== 'False' || observed.deployment !== undefined) return undefined;
  return { health: 'stalled', reason: ready.reason ?? 'not_applied', message: `The environment's manifests are not applied: ${ready.message ?? 'no message'}`, ...since(ready.lastTransitionTime) };
}

/** A Deployment that its driver can't run at all: no Java, no image. */
function refused(_desired: Desired, observed: Observed): Health | undefined {
  const stalled = conditionOf(observed.deployment, 'Stalled') ?? conditionOf(observed.deployment, 'ReplicaFailure');
  if (stalled?.status !== 'True') return undefined;
  return { health: 'failed', reason: stalled.reason ?? 'replica_failure', message: stalled.message ?? 'Its pods can not be created.', ...since(stalled.lastTransitionTime) };
}

function absent(_desired: Desired, observed: Observed): Health | undefined {
  if (observed.deployment !== undefined) return undefined;
  return { health: 'progressing', reason: 'not_applied_yet', message: 'The cluster has not seen it yet. Wait a moment.' };
}

const waitingFailures = new Set(['CrashLoopBackOff', 'ImagePullBackOff', 'ErrImagePull', 'InvalidImageName', 'CreateContainerConfigError', 'CreateContainerError', 'RunContainerError', 'ImagePullFailed', 'JavaNotFound', 'PortInUse']);

function failureOf(container: ContainerStatus | undefined): { reason: string; message: string; since?: string } | undefined {
  const waiting = container?.state?.waiting;
  if (waiting?.reason === undefined || !waitingFailures.has(waiting.reason)) return undefined;
  const last = container?.lastState?.terminated;
  const exit = last?.exitCode === undefined ? '' : ` It last ended with exit code ${last.exitCode}.`;
  return { reason: waiting.reason, message: `${asSentence(waiting.message ?? 'The process does not stay up')}${exit} Look at its logs.`, ...since(last?.finishedAt) };
}

function current(desired: Desired, pods: readonly KubernetesObject[]): readonly KubernetesObject[] {
  return pods.filter((pod) => !isTerminating(pod) && (releaseOf(pod) ?? desired.release) === desired.release);
}

function crashing(desired: Desired, observed: Observed): Health | undefined {
  for (const pod of current(desired, observed.pods)) {
    const failure = failureOf(containerOf(pod));
    if (failure !== undefined) return { health: 'failed', ...failure, message: `Pod ${pod.metadata.name}: ${failure.message}` };
  }
  return undefined;
}

function stalledRollout(_desired: Desired, observed: Observed): Health | undefined {
  const progressing = conditionOf(observed.deployment, 'Progressing');
  if (progressing?.status !== 'False') return undefined;
  return { health: 'stalled', reason: progressing.reason ?? 'ProgressDeadlineExceeded', message: `${progressing.message ?? 'The rollout makes no progress.'} Look at the logs, then deploy another release or restart.`, ...since(progressing.lastTransitionTime) };
}

function rollingOut(desired: Desired, observed: Observed): Health | undefined {
  const { deployment } = observed;
  if (deployment === undefined) return undefined;
  const release = releaseOf(deployment);
  if (release === desired.release && caughtUp(deployment, desired.replicas)) return undefined;
  const message = release === desired.release ? 'The new pods are being started before the old ones stop.' : `The cluster runs ${release ?? 'another release'}; ${desired.release} is on its way.`;
  return { health: 'progressing', reason: 'rollout', message, ...since(startOfUnready(desired, observed)) };
}

function caughtUp(deployment: KubernetesObject, replicas: number): boolean {
  const { observedGeneration = 0, updatedReplicas = 0, replicas: existing = 0 } = statusOf(deployment);
  return observedGeneration >= (deployment.metadata.generation ?? 0) && updatedReplicas >= replicas && existing <= replicas;
}

function settled(desired: Desired, observed: Observed): Health | undefined {
  const ready = current(desired, observed.pods).filter(isReady);
  if (ready.length < desired.replicas) return undefined;
  const times = ready.map((pod) => conditionOf(pod, 'Ready')?.lastTransitionTime).filter((time) => time !== undefined);
  return { health: 'ready', reason: 'all_pods_ready', message: `${ready.length} of ${desired.replicas} pods of ${desired.release} are ready.`, ...since(times.sort().at(-1)) };
}
