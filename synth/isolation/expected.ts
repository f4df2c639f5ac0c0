import type { Cell } from '../../schemas/index.ts';
import { platformNamespace, serverName, serverPorts, tenantNamespace, type Labels } from '../names.ts';
import { everyPort, tcp, type PortRange } from './ports.ts';
import type { Pod } from './world.ts';

const dnsPorts: readonly PortRange[] = ['UDP', 'TCP'].map((protocol) => ({ protocol, first: 53, last: 53 }));

/** Tenant of a namespace, by its name: labels prove nothing. Undefined for the cluster's own. */
export function tenantOfNamespace(namespace: string): string | undefined {
  if (!namespace.startsWith('t-')) return undefined;
  const end = namespace.indexOf('--', 2);
  return end < 0 ? namespace.slice(2) : namespace.slice(2, end);
}

/** The ports on which `from` may reach `to`: the whole of the allow list. Pairs without a tenant's pod are nobody's concern here. */
export function expectedPorts(cell: Cell, from: Pod, to: Pod): readonly PortRange[] {
  const source = tenantOfNamespace(from.namespace);
  const target = tenantOfNamespace(to.namespace);
  if (from.namespace === to.namespace || (source === undefined && target === undefined)) return everyPort;
  if (source === undefined) return isTrusted(cell, from) ? tcp(...to.ports.values()) : [];
  if (target === undefined) return isIn(to, cell.spec.dns) ? dnsPorts : [];
  return source === target && isServer(to) ? tcp(serverPorts.http) : [];
}

/** The platform and the ingress controller may reach what a pod declares. */
function isTrusted(cell: Cell, pod: Pod): boolean {
  return pod.namespace === platformNamespace || isIn(pod, cell.spec.ingress);
}

function isServer(pod: Pod): boolean {
  const tenant = tenantOfNamespace(pod.namespace);
  return tenant !== undefined && pod.namespace === tenantNamespace(tenant) && pod.labels['app.kubernetes.io/name'] === serverName;
}

function isIn(pod: Pod, place: { readonly namespace: Labels; readonly pods: Labels }): boolean {
  return holds(pod.namespaceLabels, place.namespace) && holds(pod.labels, place.pods);
}

function holds(labels: Labels, wanted: Labels): boolean {
  return Object.entries(wanted).every(([key, value]) => labels[key] === value);
}

/** Addresses inside the excluded ranges that a pod may reach all the same, and the ports there. */
export function expectedAddresses(cell: Cell, pod: Pod): readonly { readonly cidr: string; readonly ports: readonly PortRange[] }[] {
  const { dns, databases = [] } = cell.spec;
  const local = (dns.nodeLocal ?? []).map((address) => ({ cidr: address, ports: dnsPorts }));
  return isServer(pod) ? local.concat(databases.map(({ cidr, port }) => ({ cidr, ports: tcp(port) }))) : local;
}
