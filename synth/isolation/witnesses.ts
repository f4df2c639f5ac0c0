import { commonLabels, environmentNamespace, platformNamespace, selectorLabels, serverName, serverPorts, tenantNamespace, type Labels } from '../names.ts';
import { tenantOfNamespace } from './expected.ts';
import type { Selector } from './selector.ts';
import { pod, type Peer, type Pod, type World } from './world.ts';

const tenantId = /^[a-z](?:-?[a-z0-9])+$/;
const nameLabel = 'kubernetes.io/metadata.name';

/**
 * Pods of everybody else, enough to stand for all of them: a selector only compares with the constants that it names,
 * so one pod for each constant and one for "none of them" meet every case that labels given by us can make. Nobody
 * else's policies are taken into account: the tenant's own must do.
 */
export function witnessesFor(tenant: string, world: World): Pod[] {
  const peers = [...world.policies.values()].flat().flatMap(({ ingress = [], egress = [] }) => [...ingress, ...egress].flatMap((rule) => rule.peers ?? []));
  const constants = constantsOf(tenant, peers);
  const tenants = new Set(['witness', ...constants.tenants].filter((id) => id !== tenant));
  const environments = new Set(['witness', ...constants.environments]);
  const applications = new Set(['witness', ...constants.applications]);
  const foreign = [...tenants].flatMap((id) => foreignPods(id, environments, applications));
  return [...foreign, ...clusterPods(peers)];
}

function constantsOf(tenant: string, peers: readonly Peer[]): { tenants: string[]; environments: string[]; applications: string[] } {
  const selectors = peers.flatMap(({ namespaceSelector = {}, podSelector = {} }) => [namespaceSelector, podSelector]);
  const values = (key: string) => selectors.flatMap((selector) => valuesOf(selector, key));
  const namespaces = values(nameLabel).filter((name) => ![undefined, tenant].includes(tenantOfNamespace(name)));
  const ids = [...values('cameleer.io/tenant'), ...namespaces.map((name) => tenantOfNamespace(name) ?? '')];
  const names = namespaces.flatMap((name) => name.split('--').slice(1));
  return { tenants: ids.filter((id) => tenantId.test(id)), environments: [...names, ...values('cameleer.io/environment')], applications: values('app.kubernetes.io/name') };
}

function valuesOf({ matchLabels = {}, matchExpressions = [] }: Selector, key: string): readonly string[] {
  const label = matchLabels[key];
  return [...(label === undefined ? [] : [label]), ...matchExpressions.flatMap((expression) => (expression.key === key ? (expression.values ?? []) : []))];
}

function foreignPods(tenant: string, environments: ReadonlySet<string>, applications: ReadonlySet<string>): Pod[] {
  const serverNamespace = tenantNamespace(tenant);
  const labels = commonLabels(tenant);
  const server = pod(serverNamespace, serverName, { ...labels, 'app.kubernetes.io/name': serverName }, { labels, ports: new Map(Object.entries(serverPorts)) });
  const inEnvironments = [...environments].flatMap((environment) => {
    const place = { labels: commonLabels(tenant, environment) };
    const namespace = environmentNamespace(tenant, environment);
    const named = [...applications].map((name) => pod(namespace, name, Object.assign(selectorLabels(name), place.labels), place));
    return named.concat(pod(namespace, '*', {}, place));
  });
  return [server, pod(serverNamespace, '*', {}, { labels }), ...inEnvironments];
}

/** Pods of the cluster's own namespaces: the platform's, some other one's, and for each peer that isn't a tenant's one that it means. */
function clusterPods(peers: readonly Peer[]): Pod[] {
  const found = new Map<string, Pod>();
  const put = (one: Pod) => found.set(JSON.stringify([one.namespaceLabels, one.labels]), one);
  for (const namespace of [platformNamespace, 'kube-system', 'witness-system']) put(pod(namespace, '*', {}, { labels: {} }));
  for (const { namespaceSelector, podSelector = {} } of peers) {
    if (namespaceSelector === undefined) continue;
    const labels = labelsFor(namespaceSelector);
    const { [nameLabel]: namespace = 'witness-system', ...others } = labels;
    if (tenantOfNamespace(namespace) !== undefined || others['cameleer.io/tenant'] !== undefined) continue;
    put(pod(namespace, '*', labelsFor(podSelector), { labels: others }));
    put(pod(namespace, '*', {}, { labels: others }));
  }
  return [...found.values()];
}

/** Labels that a selector takes, where one expression doesn't rule out another. */
function labelsFor({ matchLabels = {}, matchExpressions = [] }: Selector): Labels {
  const asked = matchExpressions.filter(({ operator }) => operator === 'In' || operator === 'Exists').map(({ key, values = [] }) => [key, values[0] ?? 'witness'] as const);
  return { ...Object.fromEntries(asked), ...matchLabels };
}
