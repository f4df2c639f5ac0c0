import type { Cell, PlatformState } from '../../schemas/index.ts';
import type { Manifest } from '../files.ts';
import { IntOrString, KubeNetworkPolicy, manifest, type NetworkPolicyEgressRule, type NetworkPolicyIngressRule, type NetworkPolicyPeer, type NetworkPolicyPort } from '../kubernetes.ts';
import { platformNamespace, selectorLabels, serverName, serverPorts, tenantNamespace, type Labels } from '../names.ts';
import { internetBlocks } from '../ranges/excluded.ts';

/** Whose policies they are: every object of a namespace carries these. */
export interface PolicyTarget {
  readonly namespace: string;
  readonly labels: Labels;
}

interface Rules {
  readonly pods?: Labels;
  readonly ingress?: NetworkPolicyIngressRule[];
  readonly egress?: NetworkPolicyEgressRule[];
}

/** Nothing in, nothing out: every other policy of the namespace adds to this one. */
export function defaultDeny(target: PolicyTarget): Manifest {
  return manifest(KubeNetworkPolicy, {
    metadata: { labels: target.labels, name: 'default-deny', namespace: target.namespace },
    spec: { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
  });
}

export function allowSameNamespace(target: PolicyTarget): Manifest {
  const peers: NetworkPolicyPeer[] = [{ podSelector: {} }];
  return policy(target, 'allow-same-namespace', { ingress: [{ from: peers }], egress: [{ to: peers }] });
}

/** The cluster's DNS pods, and node-local DNS by address: it runs on the host's network, where no pod selector reaches. */
export function allowDns(target: PolicyTarget, cell: Cell): Manifest {
  const { namespace, pods, nodeLocal = [] } = cell.spec.dns;
  return policy(target, 'allow-dns', {
    egress: [{ ports: [port(53, 'UDP'), port(53)], to: [podsOf(namespace, pods), ...nodeLocal.map((address) => ({ ipBlock: { cidr: hostCidr(address) } }))] }],
  });
}

/** Public addresses of both families: `0.0.0.0/0` alone would leave IPv6 out. */
export function allowInternet(target: PolicyTarget, platform: PlatformState): Manifest {
  const to = internetBlocks(platform).map(({ cidr, except }) => ({ ipBlock: except.length === 0 ? { cidr } : { cidr, except: [...except] } }));
  return policy(target, 'allow-internet', { egress: [{ to }] });
}

/** From an environment's applications to their tenant's own observability server. */
export function allowToServer(target: PolicyTarget, tenant: string): Manifest {
  const to = [podsOf(namespaceNamed(tenantNamespace(tenant)), selectorLabels(serverName))];
  return policy(target, 'allow-to-server', { egress: [{ ports: [port(serverPorts.http)], to }] });
}

/** The other half of `allowToServer`. */
export function allowFromApplications(target: PolicyTarget, namespaces: readonly string[]): Manifest {
  const from = namespaces.map((name) => ({ namespaceSelector: { matchLabels: namespaceNamed(name) } }));
  return policy(target, 'allow-from-applications', { pods: selectorLabels(serverName), ingress: [{ from, ports: [port(serverPorts.http)] }] });
}

export function allowFromPlatform(target: PolicyTarget, application: string, ports: readonly number[]): Manifest {
  const from = [{ namespaceSelector: { matchLabels: namespaceNamed(platformNamespace) } }];
  return policy(target, `allow-platform-to-${application}`, { pods: selectorLabels(application), ingress: [{ from, ports: ports.map((number) => port(number)) }] });
}

export function allowFromIngress(target: PolicyTarget, application: string, ports: readonly number[], cell: Cell): Manifest {
  const from = [podsOf(cell.spec.ingress.namespace, cell.spec.ingress.pods)];
  return policy(target, `allow-ingress-to-${application}`, { pods: selectorLabels(application), ingress: [{ from, ports: ports.map((number) => port(number)) }] });
}

/** From the tenant's server to the databases that its cell shares. */
export function allowDatabases(target: PolicyTarget, databases: NonNullable<Cell['spec']['databases']>): Manifest {
  const egress = databases.map(({ cidr, port: number }) => ({ ports: [port(number)], to: [{ ipBlock: { cidr } }] }));
  return policy(target, 'allow-databases', { pods: selectorLabels(serverName), egress });
}

function policy({ namespace, labels }: PolicyTarget, name: string, { pods, ingress, egress }: Rules): Manifest {
  return manifest(KubeNetworkPolicy, {
    metadata: { labels, name, namespace },
    spec: {
      ...(egress && { egress }),
      ...(ingress && { ingress }),
      podSelector: pods === undefined ? {} : { matchLabels: pods },
      policyTypes: [...(ingress === undefined ? [] : ['Ingress']), ...(egress === undefined ? [] : ['Egress'])],
    },
  });
}

/** The label that the API server itself sets, so no one else can put it on a namespace. */
function namespaceNamed(name: string): Labels {
  return { 'kubernetes.io/metadata.name': name };
}

function podsOf(namespace: Labels, pods: Labels): NetworkPolicyPeer {
  return { namespaceSelector: { matchLabels: namespace }, podSelector: { matchLabels: pods } };
}

function port(number: number, protocol: 'TCP' | 'UDP' = 'TCP'): NetworkPolicyPort {
  return { port: IntOrString.fromNumber(number), protocol };
}

function hostCidr(address: string): string {
  return `${address}/${address.includes(':') ? 128 : 32}`;
}
