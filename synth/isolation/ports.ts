/** Ports `first` to `last` of one protocol. */
export interface PortRange {
  readonly protocol: string;
  readonly first: number;
  readonly last: number;
}

export const everyPort: readonly PortRange[] = ['TCP', 'UDP', 'SCTP'].map((protocol) => ({ protocol, first: 0, last: 65_535 }));

/** A port of a NetworkPolicy rule. */
export interface RulePort {
  readonly port?: number | string;
  readonly endPort?: number;
  readonly protocol?: string;
}

/** A rule's ports on a pod; a name is looked up there (`named`), and one that the pod doesn't have is no port. */
export function portsOf(rule: readonly RulePort[] | undefined, named: ReadonlyMap<string, number>): readonly PortRange[] {
  if (rule === undefined || rule.length === 0) return everyPort;
  return rule.flatMap(({ port, endPort, protocol = 'TCP' }) => {
    if (port === undefined) return [{ protocol, first: 0, last: 65_535 }];
    const first = typeof port === 'number' ? port : named.get(port);
    return first === undefined ? [] : [{ protocol, first, last: endPort ?? first }];
  });
}

export function intersect(a: readonly PortRange[], b: readonly PortRange[]): PortRange[] {
  return a.flatMap((x) => b.flatMap((y) => {
    const first = Math.max(x.first, y.first);
    const last = Math.min(x.last, y.last);
    return x.protocol === y.protocol && first <= last ? [{ protocol: x.protocol, first, last }] : [];
  }));
}

/** What of `ports` isn't in `allowed`. */
export function without(ports: readonly PortRange[], allowed: readonly PortRange[]): PortRange[] {
  let left = [...ports];
  for (const hole of allowed) {
    left = left.flatMap((range) => {
      if (range.protocol !== hole.protocol || range.first > hole.last || hole.first > range.last) return [range];
      const before = range.first < hole.first ? [{ ...range, last: hole.first - 1 }] : [];
      const after = range.last > hole.last ? [{ ...range, first: hole.last + 1 }] : [];
      return [...before, ...after];
    });
  }
  return left;
}

export function tcp(...ports: readonly number[]): PortRange[] {
  return ports.map((port) => ({ protocol: 'TCP', first: port, last: port }));
}

/** `tcp/8080`, `udp/1000-2000`; `any` when more than single ports are open. */
export function formatPorts(ports: readonly PortRange[]): string {
  const single = ports.every(({ first, last }) => last - first < 1_000);
  if (!single) return 'any';
  const texts = ports.map(({ protocol, first, last }) => `${protocol.toLowerCase()}/${first === last ? first : `${first}-${last}`}`);
  return [...new Set(texts)].sort().join(',');
}
