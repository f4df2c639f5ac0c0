import type { KubernetesObject } from '../driver.ts';
import type { Pod } from './pod.ts';
import { toSeconds } from './time.ts';

/** The pod as Kubernetes would show it. `cameleer.io/local-ports` tells where its declared ports are: `8080=20417`. */
export function podObject(pod: Pod): KubernetesObject {
  const { record } = pod;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: record.name,
      namespace: record.namespace,
      uid: record.uid,
      creationTimestamp: toSeconds(new Date(record.createdAt)),
      ...(record.deletedAt === undefined ? {} : { deletionTimestamp: record.deletedAt }),
      labels: { ...record.template.metadata?.labels, 'pod-template-hash': record.templateHash },
      annotations: {
        ...record.template.metadata?.annotations,
        'cameleer.io/cell': record.cell,
        'cameleer.io/local-ports': Object.entries(record.ports).map(([declared, port]) => `${declared}=${port}`).join(','),
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: record.owner, controller: true }],
    },
    spec: record.template.spec,
    status: podStatus(pod),
  };
}

function podStatus(pod: Pod): object {
  const { record, container } = pod;
  const createdAt = toSeconds(new Date(record.createdAt));
  return {
    phase: pod.running || record.restartCount > 0 ? 'Running' : 'Pending',
    startTime: createdAt,
    hostIP: '127.0.0.1',
    podIP: '127.0.0.1',
    conditions: [readiness(pod, 'Ready'), readiness(pod, 'ContainersReady')],
    containerStatuses: [{
      name: container.name,
      image: container.image,
      imageID: container.image,
      ready: pod.ready,
      started: pod.started,
      restartCount: record.restartCount,
      state: containerState(pod),
      lastState: record.lastTermination === undefined ? {} : { terminated: record.lastTermination },
    }],
  };
}

function readiness(pod: Pod, type: string): object {
  if (pod.ready) return { type, status: 'True', lastTransitionTime: pod.readySince };
  const { record } = pod;
  const lastTransitionTime = record.lastTermination?.finishedAt ?? record.process?.startedAt ?? toSeconds(new Date(record.createdAt));
  return { type, status: 'False', lastTransitionTime, reason: 'ContainersNotReady', message: pod.waiting?.message || 'the container is not ready' };
}

function containerState(pod: Pod): object {
  const { record } = pod;
  if (record.endedAt !== undefined && record.lastTermination !== undefined) return { terminated: record.lastTermination };
  if (pod.running) return { running: { startedAt: record.process?.startedAt } };
  return { waiting: pod.waiting ?? { reason: 'ContainerCreating', message: '' } };
}
