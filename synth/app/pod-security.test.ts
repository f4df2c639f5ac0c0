import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { renderCells } from '../render-cells.ts';
import { exampleState } from '../testing/example-state.ts';

interface Security { runAsNonRoot?: boolean; runAsUser?: number; allowPrivilegeEscalation?: boolean; privileged?: boolean; readOnlyRootFilesystem?: boolean; capabilities?: { drop?: string[]; add?: string[] }; seccompProfile?: { type: string }; procMount?: string }
interface Container { name: string; image: string; securityContext?: Security; resources?: { requests?: Record<string, string>; limits?: Record<string, string> }; ports?: { hostPort?: number }[]; volumeMounts?: { name: string; mountPath: string }[] }
interface Pod { hostNetwork?: boolean; hostPID?: boolean; hostIPC?: boolean; automountServiceAccountToken?: boolean; serviceAccountName?: string; securityContext?: Security & { sysctls?: unknown[] }; containers: Container[]; initContainers?: Container[]; volumes?: Record<string, unknown>[] }

/** Pod Security Standards, `restricted`, and what this platform adds to it: one line a demand. */
const demands: Readonly<Record<string, (pod: Pod, container: Container) => boolean>> = {
  'host namespaces': (pod) => !pod.hostNetwork && !pod.hostPID && !pod.hostIPC,
  'privileged containers': (_, { securityContext }) => securityContext?.privileged !== true,
  'capabilities dropped': (_, { securityContext }) => securityContext?.capabilities?.drop?.includes('ALL') === true && securityContext.capabilities.add === undefined,
  'host paths, volume types': ({ volumes = [] }) => volumes.every((volume) => Object.keys(volume).every((key) => ['name', 'emptyDir', 'secret', 'configMap', 'projected', 'downwardAPI', 'persistentVolumeClaim', 'ephemeral', 'csi'].includes(key))),
  'host ports': (_, { ports = [] }) => ports.every(({ hostPort }) => hostPort === undefined),
  'privilege escalation': (_, { securityContext }) => securityContext?.allowPrivilegeEscalation === false,
  'non-root': (pod) => pod.securityContext?.runAsNonRoot === true && (pod.securityContext.runAsUser ?? 0) > 0,
  seccomp: (pod) => pod.securityContext?.seccompProfile?.type === 'RuntimeDefault',
  'proc mount, sysctls': (pod, { securityContext }) => securityContext?.procMount === undefined && pod.securityContext?.sysctls === undefined,
  'read-only root': (_, { securityContext }) => securityContext?.readOnlyRootFilesystem === true,
  'a writable /tmp': (_, { volumeMounts = [] }) => volumeMounts.some(({ mountPath }) => mountPath === '/tmp'),
  'no token of the cluster': (pod) => pod.automountServiceAccountToken === false && pod.serviceAccountName === undefined,
  'memory limited and reserved alike': (_, { resources }) => resources?.limits?.['memory'] !== undefined && resources.limits['memory'] === resources.requests?.['memory'] && resources.requests['cpu'] !== undefined,
  'pinned by digest, from the cell’s registry': (_, { image }) => /^registry\.[a-z0-9.]+\/[a-z0-9/-]+@sha256:[a-f0-9]{64}$/.test(image),
};

let pods: { path: string; pod: Pod }[];
beforeAll(async () => {
  const { platform, tenants } = await exampleState();
  pods = [...renderCells(platform, tenants.values())].flatMap(([cell, files]) => [...files].filter(([path]) => path.startsWith('tenants/') && path.includes('/deployment.'))
    .map(([path, text]) => ({ path: `${cell}/${path}`, pod: (parse(text) as { spec: { template: { spec: Pod } } }).spec.template.spec })));
});

test.each(Object.entries(demands))('every Deployment: %s', (_, meets) => {
  expect(pods.length).toBeGreaterThan(5);
  for (const { path, pod } of pods) for (const container of [...pod.containers, ...(pod.initContainers ?? [])]) expect(meets(pod, container), path).toBe(true);
});
