/* Every way in which a NetworkPolicy can be damaged by one change. */

type Json = Record<string, unknown>;
export interface Mutation { readonly what: string; readonly policy: Json | undefined }

interface Peer extends Json { ipBlock?: { cidr: string; except?: string[] } }

/** `strangers`: namespaces that a selector could be turned to. */
export function mutationsOf(policy: Json, strangers: readonly string[]): Mutation[] {
  const spec = policy['spec'] as Json;
  const withSpec = (change: Json): Json => ({ ...policy, spec: { ...spec, ...change } });
  const types = spec['policyTypes'] as string[];
  const whole: Mutation[] = [
    { what: 'deleted', policy: undefined },
    { what: 'podSelector of everything', policy: withSpec({ podSelector: {} }) },
    { what: 'podSelector of nothing', policy: withSpec({ podSelector: { matchLabels: { none: 'such' } } }) },
    { what: 'policyTypes removed', policy: withSpec({ policyTypes: undefined }) },
    { what: 'policyTypes empty', policy: withSpec({ policyTypes: [] }) },
    ...['Ingress', 'Egress'].map((type) => ({ what: `policyTypes [${type}]`, policy: withSpec({ policyTypes: [type] }) })),
    { what: 'a rule for everybody, in', policy: withSpec({ ingress: [{}], policyTypes: [...new Set([...types, 'Ingress'])] }) },
    { what: 'a rule for everybody, out', policy: withSpec({ egress: [{}], policyTypes: [...new Set([...types, 'Egress'])] }) },
  ];
  const inRules = (['ingress', 'egress'] as const).flatMap((direction) => {
    const rules = (spec[direction] ?? []) as Json[];
    return rules.flatMap((rule, index) => mutateRule(rule, direction === 'ingress' ? 'from' : 'to', strangers)
      .map(({ what, rule: changed }) => ({ what: `${direction} ${index}: ${what}`, policy: withSpec({ [direction]: rules.with(index, changed) }) })));
  });
  return [...whole, ...inRules].map(({ what, policy: changed }) => ({ what, policy: changed === undefined ? undefined : (JSON.parse(JSON.stringify(changed)) as Json) }));
}

function mutateRule(rule: Json, side: 'from' | 'to', strangers: readonly string[]): { what: string; rule: Json }[] {
  const peers = (rule[side] ?? []) as Peer[];
  return [
    { what: `${side} dropped`, rule: { ...rule, [side]: undefined } },
    { what: 'ports dropped', rule: { ...rule, ports: undefined } },
    { what: `${side} with IPv4 added`, rule: { ...rule, [side]: [...peers, { ipBlock: { cidr: '0.0.0.0/0' } }] } },
    { what: `${side} with IPv6 added`, rule: { ...rule, [side]: [...peers, { ipBlock: { cidr: '::/0' } }] } },
    ...peers.flatMap((peer, index) => mutatePeer(peer, strangers).map(({ what, peer: changed }) => ({ what: `peer ${index}: ${what}`, rule: { ...rule, [side]: peers.with(index, changed) } }))),
  ];
}

function mutatePeer(peer: Peer, strangers: readonly string[]): { what: string; peer: Peer }[] {
  const { ipBlock } = peer;
  if (ipBlock !== undefined) {
    const { cidr, except = [] } = ipBlock;
    return [
      { what: 'except removed', peer: { ipBlock: { cidr } } },
      { what: 'IPv6 whole', peer: { ipBlock: { cidr: '::/0' } } },
      { what: 'IPv4 whole', peer: { ipBlock: { cidr: '0.0.0.0/0' } } },
      { what: 'metadata', peer: { ipBlock: { cidr: '169.254.169.254/32' } } },
      { what: 'private', peer: { ipBlock: { cidr: '10.0.0.0/7' } } },
      { what: 'a public address', peer: { ipBlock: { cidr: '8.8.8.0/24' } } },
      ...except.map((_, index) => ({ what: `except ${except[index]} removed`, peer: { ipBlock: { cidr, except: except.toSpliced(index, 1) } } })),
      ...except.filter((one) => /^\d.*\/8$/.test(one)).map((one) => ({ what: `except ${one} halved`, peer: { ipBlock: { cidr, except: except.with(except.indexOf(one), one.replace('/8', '/9')) } } })),
    ];
  }
  return [
    { what: 'podSelector dropped', peer: { ...peer, podSelector: undefined } },
    { what: 'namespaceSelector dropped', peer: { ...peer, namespaceSelector: undefined } },
    { what: 'namespaceSelector of everything', peer: { ...peer, namespaceSelector: {} } },
    { what: 'both of everything', peer: { namespaceSelector: {}, podSelector: {} } },
    { what: 'namespaces of the platform', peer: { namespaceSelector: { matchLabels: { 'app.kubernetes.io/managed-by': 'cameleer' } } } },
    ...strangers.map((name) => ({ what: `namespaceSelector of ${name}`, peer: { ...peer, namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': name } } } })),
  ];
}
