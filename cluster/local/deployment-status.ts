import { nextConditions, type ConditionInput } from './conditions.ts';
import type { Pod } from './pod.ts';
import type { Condition } from './shapes.ts';

export interface DeploymentView {
  readonly generation: number;
  readonly wanted: number;
  readonly templateHash: string;
  readonly pods: readonly Pod[];
  /** Set when only one process can run: a sentence that says why. */
  readonly exclusive?: { readonly reason: string; readonly message: string };
  /** Set when secrets are mounted: a sentence that says how. */
  readonly mounts?: string;
  readonly deadlineExceeded: boolean;
  readonly progressDeadlineSeconds: number;
}

/** Whether the rollout has reached what is wanted: as many new pods as wanted, all ready, no old one left. */
export function isComplete(view: DeploymentView): boolean {
  const counts = countPods(view);
  return counts.updated === view.wanted && counts.total === view.wanted && counts.updatedReady === view.wanted;
}

/** The status of a Deployment as its controller in Kubernetes writes it, with two conditions of our own. */
export function deploymentStatus(view: DeploymentView, old: readonly Condition[], now: Date): { [field: string]: unknown; conditions: Condition[] } {
  const counts = countPods(view);
  return {
    observedGeneration: view.generation,
    replicas: counts.total,
    updatedReplicas: counts.updated,
    readyReplicas: counts.ready,
    availableReplicas: counts.ready,
    unavailableReplicas: Math.max(0, Math.max(view.wanted, counts.total) - counts.ready),
    conditions: nextConditions(old, conditions(view, counts.ready, old), now),
  };
}

function countPods(view: DeploymentView): { total: number; updated: number; ready: number; updatedReady: number } {
  const live = view.pods.filter((pod) => !pod.stopping);
  const updated = live.filter((pod) => pod.record.templateHash === view.templateHash);
  return {
    total: live.length,
    updated: updated.length,
    ready: live.filter((pod) => pod.ready).length,
    updatedReady: updated.filter((pod) => pod.ready).length,
  };
}

function conditions(view: DeploymentView, ready: number, old: readonly Condition[]): ConditionInput[] {
  const failing = failureOf(view);
  const available = ready >= view.wanted;
  const inputs: ConditionInput[] = [
    available
      ? { type: 'Available', status: 'True', reason: 'MinimumReplicasAvailable', message: 'Deployment has minimum availability.' }
      : { type: 'Available', status: 'False', reason: 'MinimumReplicasUnavailable', message: `Deployment does not have minimum availability: ${ready} of ${view.wanted} ready.` },
    progressing(view, old),
  ];
  if (failing !== undefined) inputs.push({ type: 'ReplicaFailure', status: 'True', ...failing });
  if (view.exclusive !== undefined) inputs.push({ type: 'cameleer.io/SingleReplica', status: 'True', ...view.exclusive });
  if (view.mounts !== undefined) inputs.push({ type: 'cameleer.io/MountsMapped', status: 'True', reason: 'NoMountNamespace', message: view.mounts });
  return inputs;
}

/** Once complete, a pod that fails later is not a matter of progress: Kubernetes leaves this condition alone then. */
function progressing(view: DeploymentView, old: readonly Condition[]): ConditionInput {
  const before = old.find((condition) => condition.type === 'Progressing');
  const wasComplete = before?.reason === 'NewReplicaSetAvailable' && before.observedGeneration === view.generation;
  const common = { type: 'Progressing', observedGeneration: view.generation };
  if (isComplete(view) || wasComplete) {
    return { ...common, status: 'True', reason: 'NewReplicaSetAvailable', message: `Pods of template ${view.templateHash} have successfully progressed.` };
  }
  if (view.deadlineExceeded) {
    return { ...common, status: 'False', reason: 'ProgressDeadlineExceeded', message: `Pods of template ${view.templateHash} have made no progress for ${view.progressDeadlineSeconds} seconds.` };
  }
  return { ...common, status: 'True', reason: 'ReplicaSetUpdated', message: `Pods of template ${view.templateHash} are progressing.` };
}

/** Why a pod can't start or keeps crashing: one of the wanted template, or of an old one while there is none of the wanted. */
function failureOf(view: DeploymentView): { reason: string; message: string } | undefined {
  const failing = view.pods.filter((pod) => !pod.stopping && (isCrashing(pod) || (pod.waiting !== undefined && pod.waiting.reason !== 'ContainerCreating')));
  const isWanted = (candidate: Pod): boolean => candidate.record.templateHash === view.templateHash;
  const pod = failing.find(isWanted) ?? (view.pods.some((each) => !each.stopping && isWanted(each)) ? undefined : failing[0]);
  if (pod === undefined) return undefined;
  const { reason, message } = pod.waiting ?? { reason: 'CrashLoopBackOff', message: `started again, not ready; it ended with exit code ${pod.record.lastTermination?.exitCode} before` };
  return { reason, message: `${pod.record.name}: ${message}${lastWords(pod)}` };
}

/** Between two crashes the process runs for a moment: the failure is not over before the pod is ready. */
function isCrashing(pod: Pod): boolean {
  return pod.running && !pod.ready && pod.record.crashes > 1;
}

/** With these the JVM ends after it has said what is wrong. */
const farewells: ReadonlySet<string> = new Set(['Error: A fatal exception has occurred. Program will exit.', 'Error: Could not create the Java Virtual Machine.']);

function lastWords(pod: Pod): string {
  const ended = isCrashing(pod) || pod.waiting?.reason === 'CrashLoopBackOff';
  const lines = (ended ? pod.record.lastTermination?.message : undefined)?.split('\n') ?? [];
  const line = lines.findLast((each) => each !== '' && !farewells.has(each)) ?? '';
  return line === '' ? '' : `; its last line: ${line.trim()}`;
}
