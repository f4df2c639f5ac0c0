import { BlockList, isIPv6 } from 'node:net';
import { parse } from 'yaml';
import type { Labels } from '../names.ts';

// An evaluator of NetworkPolicies that shares no code with the proof: it asks for single packets, pod by pod, port by port
// and address by address, and reads only the text of the files. Slow and simple, to check the proof against.

interface Peer { podSelector?: Selector; namespaceSelector?: Selector; ipBlock?: { cidr: string; except?: string[] } }
interface Selector { matchLabels?: Labels; matchExpressions?: { key: string; operator: string; values?: string[] }[] }
interface Rule { from?: Peer[]; to?: Peer[]; ports?: { port?: number | string; protocol?: string }[] }
interface Policy { file: string; metadata: { name: string; namespace: string }; spec: { podSelector: Selector; policyTypes?: string[]; ingress?: Rule[]; egress?: Rule[] } }
type Direction = 'ingress' | 'egress';

export interface Endpoint {
  readonly id: string;
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  readonly addresses: readonly string[];
}
interface Packet { readonly protocol: 'TCP' | 'UDP'; readonly port: number }

const packets: readonly Packet[] = [...[1, 53, 5432, 8080, 8081].map((port) => ({ protocol: 'TCP' as const, port })), { protocol: 'UDP', port: 53 }, { protocol: 'UDP', port: 123 }];

export interface Scene { readonly endpoints: readonly Endpoint[]; readonly policies: readonly Policy[] }

/** Endpoints and policies of a cell's files; each namespace gets an endpoint without labels too. */
export function readScene(files: Iterable<readonly [string, string]>, podAddress: (index: number) => readonly string[]): Scene {
  const objects = [...files].filter(([path]) => path.startsWith('tenants/') && !path.includes('secret.')).map(([file, text]) => Object.assign(parse(text) as object, { file }) as Policy & { kind: string; metadata: { labels?: Labels }; spec: { targetNamespace?: string; template?: { metadata: { labels: Labels } } } });
  const namespaces = new Map(objects.filter(({ kind }) => kind === 'Namespace').map(({ metadata }) => [metadata.name, { ...metadata.labels, 'kubernetes.io/metadata.name': metadata.name }]));
  const endpoints: Endpoint[] = [];
  const add = (namespace: string, name: string, labels: Labels) =>
    endpoints.push({ id: `${namespace}/${name}`, namespace, namespaceLabels: namespaces.get(namespace) ?? { 'kubernetes.io/metadata.name': namespace }, labels, addresses: podAddress(endpoints.length) });
  for (const namespace of namespaces.keys()) add(namespace, '*', {});
  for (const { kind, metadata, spec } of objects) {
    if (kind === 'Deployment') add(metadata.namespace, metadata.name, spec.template?.metadata.labels ?? {});
    if (kind === 'HelmRelease') add(spec.targetNamespace ?? '', 'cameleer-server', { ...metadata.labels, 'app.kubernetes.io/name': 'cameleer-server' });
  }
  return { endpoints, policies: objects.filter(({ kind }) => kind === 'NetworkPolicy') };
}

/** `from to` of each pair of endpoints in different namespaces between which a packet passes that it shouldn't. `trusting`: namespaces whose own policies count as absent. `concerned`: only pairs with an end there. */
export function openPairs({ endpoints, policies }: Scene, trusting: (namespace: string) => boolean, concerned?: string): Set<string> {
  const open = new Set<string>();
  const limits = (pod: Endpoint, direction: Direction) => (trusting(pod.namespace) ? [] : policies.filter((policy) => inForce(policy, direction, pod)));
  const sides = endpoints.map((pod) => ({ pod, egress: limits(pod, 'egress'), ingress: limits(pod, 'ingress') }));
  for (const from of sides) {
    for (const to of sides) {
      if (concerned !== undefined && from.pod.namespace !== concerned && to.pod.namespace !== concerned) continue;
      if (from.pod.namespace === to.pod.namespace || (trusting(from.pod.namespace) && trusting(to.pod.namespace))) continue;
      const passes = packets.some((packet) => !wanted(from.pod, to.pod, packet)
        && allowed(from.egress, 'egress', (peer, policy) => isPeer(peer, policy, to.pod), packet)
        && allowed(to.ingress, 'ingress', (peer, policy) => isPeer(peer, policy, from.pod), packet));
      if (passes) open.add(`${from.pod.id} ${to.pod.id}`);
    }
  }
  return open;
}

/** `pod address` of each address that a pod may send to, or get from, and shouldn't. */
export function openAddresses({ endpoints, policies }: Scene, addresses: readonly string[], isWanted: (pod: Endpoint, address: string, packet: Packet) => boolean): Set<string> {
  const open = new Set<string>();
  for (const pod of endpoints) {
    for (const direction of ['egress', 'ingress'] as const) {
      const limits = policies.filter((policy) => inForce(policy, direction, pod));
      const passes = (address: string) => packets.some((packet) => (direction === 'ingress' || !isWanted(pod, address, packet)) && allowed(limits, direction, (peer) => holds(peer, address), packet));
      for (const address of addresses.filter(passes)) open.add(`${pod.id} ${address}`);
    }
  }
  return open;
}

function inForce({ metadata, spec }: Policy, direction: Direction, pod: Endpoint): boolean {
  const types = spec.policyTypes?.map((type) => type.toLowerCase()) ?? (spec.egress === undefined ? ['ingress'] : ['ingress', 'egress']);
  return metadata.namespace === pod.namespace && types.includes(direction) && selects(spec.podSelector, pod.labels);
}

function allowed(limits: readonly Policy[], direction: Direction, isOther: (peer: Peer, policy: Policy) => boolean, { protocol, port }: Packet): boolean {
  if (limits.length === 0) return true;
  return limits.some((policy) => (policy.spec[direction] ?? []).some((rule) => {
    const peers = rule.from ?? rule.to ?? [];
    if (peers.length > 0 && !peers.some((peer) => isOther(peer, policy))) return false;
    return (rule.ports ?? []).length === 0 || rule.ports?.some((one) => (one.protocol ?? 'TCP') === protocol && (one.port === undefined || one.port === port)) === true;
  }));
}

function wanted(from: Endpoint, to: Endpoint, { protocol, port }: Packet): boolean {
  return protocol === 'TCP' && port === 8080 && to.id === `${from.namespace.split('--')[0]}/cameleer-server`;
}

function isPeer(peer: Peer, policy: Policy, other: Endpoint): boolean {
  if (peer.ipBlock !== undefined) return other.addresses.some((address) => holds(peer, address));
  if (peer.namespaceSelector === undefined && other.namespace !== policy.metadata.namespace) return false;
  return selects(peer.namespaceSelector, other.namespaceLabels) && selects(peer.podSelector, other.labels);
}

function selects(selector: Selector | undefined, labels: Labels): boolean {
  return Object.entries(selector?.matchLabels ?? {}).every(([key, value]) => labels[key] === value);
}

const lists = new WeakMap<Peer, { readonly inside: BlockList; readonly except: BlockList }>();
const verdicts = new WeakMap<Peer, Map<string, boolean>>();

function holds(peer: Peer, address: string): boolean {
  if (peer.ipBlock === undefined) return false;
  const known = verdicts.get(peer) ?? new Map<string, boolean>();
  verdicts.set(peer, known);
  const { inside, except } = lists.get(peer) ?? { inside: listOf([peer.ipBlock.cidr]), except: listOf(peer.ipBlock.except ?? []) };
  lists.set(peer, { inside, except });
  const family = isIPv6(address) ? 'ipv6' : 'ipv4';
  const verdict = known.get(address) ?? (inside.check(address, family) && !except.check(address, family));
  known.set(address, verdict);
  return verdict;
}

function listOf(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', length] = cidr.split('/');
    list.addSubnet(address, Number(length), isIPv6(address) ? 'ipv6' : 'ipv4');
  }
  return list;
}
