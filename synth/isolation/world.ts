import { parseAllDocuments } from 'yaml';
import { SynthError } from '../errors.ts';
import { objectBehind, type Manifest } from '../files.ts';
import { serverName, serverPorts, type Labels } from '../names.ts';
import type { RenderedFiles } from '../types.ts';
import type { RulePort } from './ports.ts';
import type { Selector } from './selector.ts';

/** What traffic can come from or go to: a rendered pod, any other pod of a namespace, or a witness for somebody else's. */
export interface Pod {
  /** `t-acme--dev/orders`; `…/*` stands for a pod without labels. */
  readonly id: string;
  readonly namespace: string;
  readonly namespaceLabels: Labels;
  readonly labels: Labels;
  /** Declared ports, by name. */
  readonly ports: ReadonlyMap<string, number>;
}

export interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface Rule {
  /** Absent or empty: everybody. */
  readonly peers: readonly Peer[] | undefined;
  readonly ports: readonly RulePort[] | undefined;
}

export interface Policy {
  readonly file: string;
  readonly name: string;
  readonly namespace: string;
  readonly podSelector: Selector;
  /** Undefined: the policy says nothing about that direction. */
  readonly ingress: readonly Rule[] | undefined;
  readonly egress: readonly Rule[] | undefined;
}

export interface World {
  readonly pods: readonly Pod[];
  /** By namespace. */
  readonly policies: ReadonlyMap<string, readonly Policy[]>;
}

interface NetworkPolicySpec {
  readonly podSelector?: Selector;
  readonly policyTypes?: readonly string[];
  readonly ingress?: readonly { readonly from?: readonly Peer[]; readonly ports?: readonly RulePort[] }[];
  readonly egress?: readonly { readonly to?: readonly Peer[]; readonly ports?: readonly RulePort[] }[];
}

interface PodTemplate {
  readonly metadata?: { readonly labels?: Labels };
  readonly spec?: { readonly containers?: readonly { readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[] }[] };
}

const workloads: ReadonlySet<string> = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet', 'Job']);
/** A text without one of these words holds no object that matters here. */
const mayMatter = /Namespace|NetworkPolicy|Deployment|StatefulSet|DaemonSet|ReplicaSet|Job|HelmRelease/;

interface Placed {
  readonly file: string;
  readonly object: Manifest;
}

/**
 * Reads pods, namespaces and policies from rendered files; every namespace also gets a pod without labels.
 * @throws {SynthError} `unreadable`
 */
export function readWorld(files: RenderedFiles): World {
  const objects = [...files].filter(([file]) => !file.startsWith('charts/')).flatMap(([file, text]) => objectsOf(files, file, text));
  const namespaces = new Map(objects.filter(({ object }) => object.kind === 'Namespace').map(({ object }) => [object.metadata.name, labelsOf(object)]));
  const policies = new Map<string, Policy[]>();
  const pods: Pod[] = [];
  for (const { file, object } of objects) {
    if (object.kind === 'NetworkPolicy') addTo(policies, readPolicy(file, object));
    else if (object.kind === 'HelmRelease') pods.push(serverPod(object, namespaces));
    else if (workloads.has(object.kind)) pods.push(workloadPod(object, namespaces));
  }
  const places = new Set([...namespaces.keys(), ...policies.keys(), ...pods.map(({ namespace }) => namespace)]);
  for (const namespace of places) pods.push(pod(namespace, '*', {}, { labels: namespaces.get(namespace) ?? {} }));
  return { pods, policies };
}

function objectsOf(files: RenderedFiles, file: string, text: string): Placed[] {
  const known = objectBehind(files, file, text);
  if (known !== undefined) return [{ file, object: known }];
  if (!mayMatter.test(text)) return [];
  return parseAllDocuments(text).map((document) => {
    const object = document.errors.length === 0 ? (document.toJS() as Manifest | null) : null;
    if (object?.metadata?.name === undefined) throw new SynthError('unreadable', `${file} can't be read as Kubernetes objects. Render the cell again.`);
    return { file, object };
  });
}

/** Adds the label that the API server sets. */
export function pod(namespace: string, name: string, labels: Labels, place: { readonly labels: Labels; readonly ports?: ReadonlyMap<string, number> }): Pod {
  const namespaceLabels = { ...place.labels, 'kubernetes.io/metadata.name': namespace };
  return { id: `${namespace}/${name}`, namespace, namespaceLabels, labels, ports: place.ports ?? new Map() };
}

function addTo(policies: Map<string, Policy[]>, policy: Policy): void {
  const list = policies.get(policy.namespace);
  if (list === undefined) policies.set(policy.namespace, [policy]);
  else list.push(policy);
}

function readPolicy(file: string, object: Manifest): Policy {
  const spec = (object['spec'] ?? {}) as unknown as NetworkPolicySpec;
  const types = spec.policyTypes ?? ['Ingress', ...((spec.egress ?? []).length > 0 ? ['Egress'] : [])];
  return {
    file,
    name: object.metadata.name,
    namespace: object.metadata.namespace ?? 'default',
    podSelector: spec.podSelector ?? {},
    ingress: types.includes('Ingress') ? (spec.ingress ?? []).map(({ from, ports }) => ({ peers: from, ports })) : undefined,
    egress: types.includes('Egress') ? (spec.egress ?? []).map(({ to, ports }) => ({ peers: to, ports })) : undefined,
  };
}

/** The pod of a server's chart, which is rendered by Helm later. */
function serverPod(release: Manifest, namespaces: ReadonlyMap<string, Labels>): Pod {
  const namespace = (release['spec'] as { targetNamespace?: string }).targetNamespace ?? release.metadata.namespace ?? 'default';
  const labels = { ...labelsOf(release), 'app.kubernetes.io/name': serverName };
  return pod(namespace, serverName, labels, { labels: namespaces.get(namespace) ?? {}, ports: new Map(Object.entries(serverPorts)) });
}

function workloadPod(workload: Manifest, namespaces: ReadonlyMap<string, Labels>): Pod {
  const template = (workload['spec'] as { template?: PodTemplate }).template ?? {};
  const namespace = workload.metadata.namespace ?? 'default';
  const ports = (template.spec?.containers ?? []).flatMap((container) => container.ports ?? []).map(({ name, containerPort }) => [name ?? String(containerPort), containerPort] as const);
  return pod(namespace, workload.metadata.name, template.metadata?.labels ?? {}, { labels: namespaces.get(namespace) ?? {}, ports: new Map(ports) });
}

function labelsOf(object: Manifest): Labels {
  return (object.metadata['labels'] ?? {}) as Labels;
}
