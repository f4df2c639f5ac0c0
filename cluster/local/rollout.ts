/** A pod as the rollout sees it, oldest first. */
export interface RolloutPod {
  readonly id: string;
  /** Of the wanted template. */
  readonly current: boolean;
  readonly ready: boolean;
  /** Told to stop, not yet ended. */
  readonly stopping: boolean;
}

export interface RolloutInput {
  readonly replicas: number;
  /** Only one process can hold the port: the old one stops before the new one starts. */
  readonly exclusive: boolean;
  /** Nobody knows yet whether the application honours its port: start one pod only. */
  readonly cautious: boolean;
  readonly pods: readonly RolloutPod[];
}

export interface RolloutStep {
  /** Pods to start now. */
  readonly start: number;
  /** Pods to stop now. */
  readonly stop: readonly string[];
}

/** The next step of a rolling update with maxUnavailable 0 and maxSurge 1; nothing to do when it answers nothing. */
export function planRollout(input: RolloutInput): RolloutStep {
  return input.exclusive ? planExclusive(input) : planRolling(input);
}

function planExclusive({ replicas, pods }: RolloutInput): RolloutStep {
  const wanted = Math.min(replicas, 1);
  const keep = pods.filter((pod) => pod.current && !pod.stopping).slice(0, wanted).map((pod) => pod.id);
  const stop = pods.filter((pod) => !pod.stopping && !keep.includes(pod.id)).map((pod) => pod.id);
  const others = pods.filter((pod) => !keep.includes(pod.id));
  return { start: others.length === 0 ? wanted - keep.length : 0, stop };
}

function planRolling({ replicas, cautious, pods }: RolloutInput): RolloutStep {
  const live = pods.filter((pod) => !pod.stopping);
  const current = live.filter((pod) => pod.current);
  const old = live.filter((pod) => !pod.current);
  const surplus = byReadiness(current).slice(0, Math.max(0, current.length - replicas));
  const kept = current.length - surplus.length;
  const missing = Math.max(0, replicas - kept);
  const room = replicas + 1 - old.length - kept;
  const allowed = old.length === 0 ? missing : Math.min(missing, Math.max(0, room));
  const start = cautious ? Math.min(allowed, kept === 0 ? 1 : 0) : allowed;
  return { start, stop: [...surplus, ...oldToStop(replicas, current, old)].map((pod) => pod.id) };
}

/** Never so many that fewer than `replicas` would be available, counting new pods only when they are ready. */
function oldToStop(replicas: number, current: readonly RolloutPod[], old: readonly RolloutPod[]): readonly RolloutPod[] {
  if (replicas === 0) return old;
  const newUnready = current.filter((pod) => !pod.ready).length;
  const limit = Math.max(0, old.length + current.length - newUnready - replicas);
  const unready = old.filter((pod) => !pod.ready).slice(0, limit);
  const readyAll = [...current, ...old].filter((pod) => pod.ready).length;
  const ready = old.filter((pod) => pod.ready).slice(0, Math.max(0, Math.min(limit - unready.length, readyAll - replicas)));
  return [...unready, ...ready];
}

/** What is not ready first, then the youngest: Kubernetes' order when scaling down. */
function byReadiness(pods: readonly RolloutPod[]): RolloutPod[] {
  return [...pods].reverse().sort((a, b) => Number(a.ready) - Number(b.ready));
}
