import { expect, it } from 'vitest';
import type { KubernetesObject } from '../../cluster/driver.ts';
import { healthOf, type Desired } from './health.ts';
import type { Observed } from './observe.ts';

const desired: Desired = { release: 'v2', replicas: 1, stopped: false, suspended: false };

function deployment(release: string, status: object = { observedGeneration: 1, updatedReplicas: 1, replicas: 1 }): KubernetesObject {
  return { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'orders', generation: 1 }, spec: { template: { metadata: { annotations: { 'cameleer.io/release': release } } } }, status };
}

function pod(ready: boolean, container: object = {}, release = 'v2'): KubernetesObject {
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }];
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'orders-1', annotations: { 'cameleer.io/release': release } }, status: { phase: 'Running', conditions, containerStatuses: [{ name: 'app', ready, restartCount: 0, ...container }] } };
}

function observed(parts: Partial<Observed>): Observed {
  return { deployment: undefined, pods: [], kustomization: undefined, service: undefined, events: [], ...parts };
}

const refused: KubernetesObject = { apiVersion: 'v1', kind: 'Kustomization', metadata: { name: 'k' }, status: { conditions: [{ type: 'Ready', status: 'False', reason: 'BuildFailed', message: 'no' }] } };

it.each([
  ['ready', 'all_pods_ready', desired, observed({ deployment: deployment('v2'), pods: [pod(true)] })],
  ['progressing', 'not_applied_yet', desired, observed({})],
  ['stalled', 'BuildFailed', desired, observed({ kustomization: refused })],
  ['progressing', 'rollout', desired, observed({ deployment: deployment('v1'), pods: [pod(true, {}, 'v1')] })],
  ['progressing', 'rollout', desired, observed({ deployment: deployment('v2', { observedGeneration: 0, updatedReplicas: 1, replicas: 1 }), pods: [pod(true)] })],
  ['progressing', 'rollout', desired, observed({ deployment: deployment('v2', { observedGeneration: 1, updatedReplicas: 1, replicas: 2 }), pods: [pod(true), pod(true, {}, 'v1')] })],
  ['progressing', 'pods_starting', desired, observed({ deployment: deployment('v2'), pods: [pod(false)] })],
  ['failed', 'CrashLoopBackOff', desired, observed({ deployment: deployment('v2'), pods: [pod(false, { state: { waiting: { reason: 'CrashLoopBackOff' } } })] })],
  ['stalled', 'ProgressDeadlineExceeded', desired, observed({ deployment: deployment('v2', { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] }), pods: [pod(false)] })],
  ['suspended', 'stopped', { ...desired, stopped: true }, observed({ deployment: deployment('v2') })],
  ['progressing', 'stopping', { ...desired, replicas: 0 }, observed({ deployment: deployment('v2'), pods: [pod(true)] })],
  ['suspended', 'tenant_suspended', { ...desired, suspended: true }, observed({})],
] as const)('is %s because of %s', (health, reason, wanted, seen) => {
  expect(healthOf(wanted, seen)).toMatchObject({ health, reason });
});

it('counts on one pod where only one can run, and says so', () => {
  const single = [{ type: 'cameleer.io/SingleReplica', status: 'True', reason: 'PortNotOverridable', message: 'It keeps its own port.' }];
  const seen = observed({ deployment: deployment('v2', { observedGeneration: 1, updatedReplicas: 1, replicas: 1, conditions: single }), pods: [pod(true)] });
  const health = healthOf({ ...desired, replicas: 2 }, seen);
  expect(health).toMatchObject({ health: 'ready', message: expect.stringContaining('It keeps its own port.') as string });
  expect(healthOf(desired, seen).message).not.toContain('It keeps its own port.');
});

it('does not count a pod that is being stopped', () => {
  const stopping = { ...pod(true), metadata: { name: 'orders-0', deletionTimestamp: '2026-01-01T00:00:00Z', annotations: { 'cameleer.io/release': 'v2' } } };
  expect(healthOf(desired, observed({ deployment: deployment('v2'), pods: [stopping] }))).toMatchObject({ health: 'progressing', reason: 'pods_starting' });
  expect(healthOf({ ...desired, stopped: true }, observed({ deployment: deployment('v2'), pods: [stopping] }))).toMatchObject({ health: 'suspended', reason: 'stopped' });
});

it('does not call a new release failed because the old one crashes', () => {
  const crash = pod(false, { state: { waiting: { reason: 'CrashLoopBackOff' } } }, 'v1');
  expect(healthOf(desired, observed({ deployment: deployment('v2'), pods: [crash, pod(true)] })).health).toBe('ready');
});

it('says how many pods are missing, in a sentence that fits one as well', () => {
  const seen = observed({ deployment: deployment('v2'), pods: [pod(false)] });
  expect(healthOf(desired, seen).message).toBe('Its pod is not ready yet. Wait, or look at the logs.');
  const two = observed({ deployment: deployment('v2', { observedGeneration: 1, updatedReplicas: 2, replicas: 2 }), pods: [pod(true), pod(false)] });
  expect(healthOf({ ...desired, replicas: 2 }, two).message).toBe('1 of 2 pods are ready so far. Wait, or look at the logs.');
});
