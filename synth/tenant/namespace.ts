import type { Manifest } from '../files.ts';
import { KubeLimitRange, KubeNamespace, KubeResourceQuota, Quantity, manifest } from '../kubernetes.ts';
import type { Labels } from '../names.ts';

export interface NamespaceSpec {
  readonly name: string;
  readonly labels: Labels;
  readonly quota: { readonly cpu: string; readonly memory: string; readonly pods: number; readonly storage?: string };
}

/** For containers that name no resources of their own. */
const containerDefaults = { cpu: '100m', memory: '512Mi', 'ephemeral-storage': '64Mi' } as const;

const podSecurity = Object.fromEntries(
  ['enforce', 'audit', 'warn'].flatMap((mode) => [[`pod-security.kubernetes.io/${mode}`, 'restricted'], [`pod-security.kubernetes.io/${mode}-version`, 'latest']]),
);

/** A namespace under Pod Security `restricted` with its quota and the limits of a container that names none. */
export function namespaceManifests({ name, labels, quota }: NamespaceSpec): Manifest[] {
  return [
    manifest(KubeNamespace, { metadata: { labels: { ...labels, ...podSecurity }, name } }),
    manifest(KubeResourceQuota, {
      metadata: { labels, name: 'quota', namespace: name },
      spec: {
        hard: {
          'requests.cpu': Quantity.fromString(quota.cpu),
          'requests.memory': Quantity.fromString(quota.memory),
          'limits.memory': Quantity.fromString(quota.memory),
          'requests.storage': Quantity.fromString(quota.storage ?? '0'),
          'services.loadbalancers': Quantity.fromString('0'),
          'services.nodeports': Quantity.fromString('0'),
          pods: Quantity.fromString(String(quota.pods)),
        },
      },
    }),
    manifest(KubeLimitRange, {
      metadata: { labels, name: 'defaults', namespace: name },
      spec: {
        limits: [{
          default: quantities({ memory: containerDefaults.memory, 'ephemeral-storage': '1Gi' }),
          defaultRequest: quantities(containerDefaults),
          type: 'Container',
        }],
      },
    }),
  ];
}

function quantities(values: Readonly<Record<string, string>>): Record<string, Quantity> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, Quantity.fromString(value)]));
}
