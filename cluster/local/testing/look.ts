import type { ClusterDriver } from '../../driver.ts';
import type { Condition, ContainerTermination } from '../shapes.ts';

export interface SeenPod {
  readonly name: string;
  readonly uid: string;
  readonly ready: boolean;
  readonly restarts: number;
  readonly port: number;
  readonly waiting: string | undefined;
  readonly message: string | undefined;
  readonly last: ContainerTermination | undefined;
  readonly deleting: boolean;
}

interface PodStatus {
  containerStatuses: [{
    ready: boolean;
    restartCount: number;
    state: { waiting?: { reason: string; message: string } };
    lastState: { terminated?: ContainerTermination };
  }];
}

/** The pods of an application as the driver shows them. */
export function podsOf(driver: ClusterDriver, application = 'orders'): SeenPod[] {
  return driver.list({ kind: 'Pod' }).filter((pod) => pod.metadata.labels?.['app.kubernetes.io/name'] === application).map((pod) => {
    const [container] = (pod['status'] as PodStatus).containerStatuses;
    return {
      name: pod.metadata.name,
      uid: pod.metadata.uid ?? '',
      ready: container.ready,
      restarts: container.restartCount,
      port: Number(/=(\d+)/.exec(pod.metadata.annotations?.['cameleer.io/local-ports'] ?? '')?.[1]),
      waiting: container.state.waiting?.reason,
      message: container.state.waiting?.message,
      last: container.lastState.terminated,
      deleting: pod.metadata['deletionTimestamp'] !== undefined,
    };
  });
}

export function condition(driver: ClusterDriver, kind: string, name: string, type: string): Condition | undefined {
  const [object] = driver.list({ kind, name });
  return (object?.['status'] as { conditions?: Condition[] } | undefined)?.conditions?.find((candidate) => candidate.type === type);
}

export function servicePort(driver: ClusterDriver, name = 'orders'): number {
  return Number(driver.list({ kind: 'Service', name })[0]?.metadata.annotations?.['cameleer.io/local-address']?.split(':')[1]);
}

export interface Answer {
  readonly pid: number;
  readonly env: Record<string, string>;
  readonly args: string[];
  readonly cwd: string;
}

/** What the application answers on the port, at a path. */
export async function ask(port: number, path = '/'): Promise<Answer> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(3000) });
  return (await response.json()) as Answer;
}
