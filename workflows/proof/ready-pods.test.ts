import { expect, test } from 'vitest';
import type { KubernetesObject } from '../../cluster/driver.ts';
import type { Evidence } from './link.ts';
import { readyPods } from './ready-pods.ts';

const crashing: KubernetesObject = {
  apiVersion: 'v1', kind: 'Pod', metadata: { name: 'orders-1', annotations: { 'cameleer.io/release': 'v2' } },
  status: {
    phase: 'Running', conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    containerStatuses: [{ name: 'app', ready: false, restartCount: 2, state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 20s restarting the process; its last line: Truncated class file' } }, lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: '2026-01-01T00:00:01Z' } } }],
  },
};

const deployment: KubernetesObject = {
  apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'orders', generation: 1 },
  spec: { template: { metadata: { annotations: { 'cameleer.io/release': 'v2' } } } }, status: { observedGeneration: 1, updatedReplicas: 1, replicas: 1 },
};

test('what a process said last is told apart from when its pod was restarted', async () => {
  const observed = { deployment, pods: [crashing], kustomization: undefined, service: undefined, events: [] };
  const { message } = await readyPods({ desired: { release: 'v2', replicas: 1, stopped: false, suspended: false }, observed, cell: 'local' } as unknown as Evidence);
  expect(message).toMatch(/^Pod orders-1: .*Truncated class file\. .*\. orders-1 restarted 2 times, .*\.$/);
});
