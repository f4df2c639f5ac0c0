import type { KubernetesObject } from '../../cluster/driver.ts';

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The parts of a container's status that answers are made of. */
export interface ContainerStatus {
  readonly name: string;
  readonly ready: boolean;
  readonly restartCount: number;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: Terminated;
  };
  readonly lastState?: { readonly terminated?: Terminated };
}

export interface Terminated {
  readonly exitCode?: number;
  readonly signal?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly startedAt?: string;
  readonly finishedAt?: string;
}

interface Status {
  readonly phase?: string;
  readonly startTime?: string;
  readonly conditions?: readonly Condition[];
  readonly containerStatuses?: readonly ContainerStatus[];
  readonly readyReplicas?: number;
  readonly updatedReplicas?: number;
  readonly replicas?: number;
  readonly observedGeneration?: number;
  readonly lastAppliedRevision?: string;
}

export function statusOf(object: KubernetesObject | undefined): Status {
  return (object?.['status'] as Status | undefined) ?? {};
}

export function conditionOf(object: KubernetesObject | undefined, type: string): Condition | undefined {
  return statusOf(object).conditions?.find((condition) => condition.type === type);
}

export function containerOf(pod: KubernetesObject): ContainerStatus | undefined {
  return statusOf(pod).containerStatuses?.find((each) => each.name === 'app') ?? statusOf(pod).containerStatuses?.[0];
}

/** Told to stop and not yet gone: it counts for nothing any more. */
export function isTerminating(pod: KubernetesObject): boolean {
  return pod.metadata['deletionTimestamp'] !== undefined;
}

export function isReady(pod: KubernetesObject): boolean {
  return conditionOf(pod, 'Ready')?.status === 'True' && !isTerminating(pod);
}

/** The release that a Deployment's or Pod's annotation names. */
export function releaseOf(object: KubernetesObject): string | undefined {
  const template = (object['spec'] as { template?: { metadata?: { annotations?: Record<string, string> } } } | undefined)?.template;
  return (template === undefined ? object.metadata.annotations : template.metadata?.annotations)?.['cameleer.io/release'];
}
