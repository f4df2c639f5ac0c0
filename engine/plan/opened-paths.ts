import canonicalize from 'canonicalize';
import { readValue } from './read-value.ts';
import type { ChangedFile } from './plan-part.ts';

interface Opened {
  readonly subject: string;
  readonly message: string;
}

interface IngressManifest {
  readonly spec?: {
    readonly tls?: readonly unknown[];
    readonly rules?: readonly { readonly host?: string; readonly http?: { readonly paths?: readonly { readonly path?: string; readonly backend?: { readonly service?: { readonly name?: string; readonly port?: { readonly name?: string } } } }[] } }[];
  };
}

interface Block {
  readonly cidr: string;
  readonly except?: readonly string[];
}

interface Peer {
  readonly ipBlock?: Block;
}

interface PolicyRule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port?: number | string; readonly protocol?: string }[];
}

interface PolicyManifest {
  readonly spec?: { readonly podSelector?: { readonly matchLabels?: Readonly<Record<string, string>> }; readonly ingress?: readonly PolicyRule[]; readonly egress?: readonly PolicyRule[] };
}

const ingressKind = 'networking.k8s.io/v1/Ingress';
const policyKind = 'networking.k8s.io/v1/NetworkPolicy';
const deploymentKind = 'apps/v1/Deployment';

/** What a change opens that was closed before, although the isolation proof allows it: hosts and paths, and policies' peers and ports. */
export function openedPaths(changed: readonly ChangedFile[]): Opened[] {
  const created = new Set(changed.flatMap(({ object }) => (object !== undefined && object.before === undefined ? [`${object.kind} ${object.name}`] : [])));
  return changed.flatMap((each) => {
    if (each.object === undefined || each.object.after === undefined) return [];
    if (each.object.kind === ingressKind) return openedIngress(each);
    return each.object.kind === policyKind ? openedPolicy(each, created) : [];
  });
}

function openedIngress({ file, object }: ChangedFile): Opened[] {
  const known = new Set(routesOf(file.before));
  const fresh = routesOf(file.after).filter((route) => !known.has(route));
  return fresh.map((route) => ({ subject: `Ingress ${object?.name ?? ''} ${route}`, message: `From outside, ${route} (${object?.name ?? ''}).` }));
}

function routesOf(text: string | undefined): string[] {
  const { spec } = (readValue(text) ?? {}) as IngressManifest;
  const scheme = spec?.tls === undefined ? 'http' : 'https';
  return (spec?.rules ?? []).flatMap(({ host = '*', http }) =>
    (http?.paths ?? []).map(({ path = '/', backend }) => `${scheme}://${host}${path} leads to ${backend?.service?.name ?? ''} port ${backend?.service?.port?.name ?? ''}`));
}

/** A namespace or workload that comes with the change has been open to nobody before, so its own policies open nothing. */
function openedPolicy({ file, object }: ChangedFile, created: ReadonlySet<string>): Opened[] {
  const namespace = object?.namespace ?? '';
  const { spec } = (readValue(file.after) ?? {}) as PolicyManifest;
  const application = spec?.podSelector?.matchLabels?.['app.kubernetes.io/name'];
  if (created.has(`v1/Namespace ${namespace}`) || (application !== undefined && created.has(`${deploymentKind} ${namespace}/${application}`))) return [];
  const known = pathsOf(file.before);
  const selector = application ?? 'every pod';
  return pathsOf(file.after)
    .filter((path) => !known.some((other) => covers(other, path)))
    .map(({ direction, peer, ports }) => {
      const words = `${direction === 'ingress' ? 'from' : 'to'} ${peer} on ${ports}`;
      return { subject: `NetworkPolicy ${object?.name ?? ''} ${words}`, message: `${object?.name ?? ''} opens ${selector} of ${namespace} ${words}.` };
    });
}

interface Path {
  readonly direction: 'ingress' | 'egress';
  readonly selector: string;
  readonly peer: string;
  readonly block: Block | undefined;
  readonly ports: string;
}

function pathsOf(text: string | undefined): Path[] {
  const { spec } = (readValue(text) ?? {}) as PolicyManifest;
  const selector = canonicalize(spec?.podSelector ?? {}) ?? '';
  const of = (direction: Path['direction'], rules: readonly PolicyRule[] = []) => rules.flatMap((rule) => {
    const ports = rule.ports?.map(({ port, protocol = 'TCP' }) => `${protocol.toLowerCase()}/${port ?? 'any'}`) ?? ['any port'];
    const peers: readonly (Peer | undefined)[] = (direction === 'ingress' ? rule.from : rule.to) ?? [undefined];
    return peers.flatMap((peer) => ports.map((port) => ({ direction, selector, peer: peerName(peer), block: peer?.ipBlock, ports: port })));
  });
  return [...of('ingress', spec?.ingress), ...of('egress', spec?.egress)];
}

function peerName(peer: Peer | undefined): string {
  if (peer === undefined) return 'anywhere';
  return peer.ipBlock?.cidr ?? canonicalize(peer) ?? '';
}

function covers(held: Path, wanted: Path): boolean {
  if (held.direction !== wanted.direction || held.selector !== wanted.selector || held.peer !== wanted.peer || held.ports !== wanted.ports) return false;
  // The same range with fewer exceptions is a wider one.
  return (held.block?.except ?? []).every((range) => wanted.block?.except?.includes(range) === true);
}
