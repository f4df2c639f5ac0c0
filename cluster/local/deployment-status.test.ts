import { expect, test } from 'vitest';
import { deploymentStatus } from './deployment-status.ts';
import type { Pod } from './pod.ts';

const now = new Date('2026-01-01T00:00:00Z');

function pod(templateHash: string, waiting?: { reason: string; message: string }): Pod {
  return { stopping: false, running: waiting === undefined, ready: false, waiting, record: { name: `orders-${templateHash}`, templateHash, crashes: 0 } } as unknown as Pod;
}

function failure(pods: readonly Pod[]): string | undefined {
  const { conditions } = deploymentStatus({ generation: 2, wanted: 1, templateHash: 'new', pods, deadlineExceeded: false, progressDeadlineSeconds: 600 }, [], now);
  return conditions.find(({ type }) => type === 'ReplicaFailure')?.message.split(':')[0];
}

const crash = { reason: 'CrashLoopBackOff', message: 'back-off 20s' };

test('a rollout is not called failed for the pods that it replaces, unless none of its own is there', () => {
  expect(failure([pod('old', crash), pod('new')])).toBeUndefined();
  expect(failure([pod('old', crash), pod('new', crash)])).toBe('orders-new');
  expect(failure([pod('old', crash)])).toBe('orders-old');
});
