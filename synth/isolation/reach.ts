import { overlap, parseCidr, subtract, type Range } from '../ranges/cidr.ts';
import { everyPort, portsOf, type PortRange } from './ports.ts';
import { matches } from './selector.ts';
import type { Peer, Pod, Policy, Rule, World } from './world.ts';

/** What one side allows, and the policies that do. No policy in force: everything, because of none. */
export interface Allowance {
  readonly ports: readonly PortRange[];
  readonly because: readonly Policy[];
}

const unlimited: Allowance = { ports: everyPort, because: [] };

export type Direction = 'ingress' | 'egress';

/** Answers who may reach whom in a world; remembers which policies are in force for a pod. */
export class Reach {
  readonly #world: World;
  /** Where pods' addresses lie: a rule for a CIDR may match a pod by its address. */
  readonly #podRanges: readonly Range[];
  readonly #inForce = { ingress: new Map<Pod, readonly Policy[]>(), egress: new Map<Pod, readonly Policy[]>() };
  readonly #byAddress = new Map<Peer, boolean>();

  constructor(world: World, podCidrs: readonly string[]) {
    this.#world = world;
    this.#podRanges = podCidrs.map(parseCidr);
  }

  /** The policies that limit what a pod sends or gets; undefined when none does. */
  policiesOf(pod: Pod, direction: Direction): readonly Policy[] | undefined {
    let found = this.#inForce[direction].get(pod);
    if (found === undefined) {
      found = (this.#world.policies.get(pod.namespace) ?? []).filter((policy) => policy[direction] !== undefined && matches(policy.podSelector, pod.labels));
      this.#inForce[direction].set(pod, found);
    }
    return found.length === 0 ? undefined : found;
  }

  /** What `from` may send to `to` as far as its own policies go. */
  egress(from: Pod, to: Pod): Allowance {
    return this.#allowed('egress', from, to, to.ports);
  }

  /** What `to` may get from `from` as far as its own policies go. */
  ingress(to: Pod, from: Pod): Allowance {
    return this.#allowed('ingress', to, from, to.ports);
  }

  #allowed(direction: Direction, pod: Pod, other: Pod, named: ReadonlyMap<string, number>): Allowance {
    const policies = this.policiesOf(pod, direction);
    if (policies === undefined) return unlimited;
    const because: Policy[] = [];
    const ports: PortRange[] = [];
    for (const policy of policies) {
      const open = (policy[direction] ?? []).filter((rule) => this.#ruleMatches(rule, policy, other)).flatMap((rule) => portsOf(rule.ports, named));
      if (open.length === 0) continue;
      because.push(policy);
      ports.push(...open);
    }
    return { ports, because };
  }

  #ruleMatches({ peers }: Rule, policy: Policy, other: Pod): boolean {
    return peers === undefined || peers.length === 0 || peers.some((peer) => this.#peerMatches(peer, policy, other));
  }

  #peerMatches(peer: Peer, policy: Policy, other: Pod): boolean {
    if (peer.ipBlock !== undefined) return this.#holdsPods(peer, peer.ipBlock);
    const inNamespace = peer.namespaceSelector === undefined ? other.namespace === policy.namespace : matches(peer.namespaceSelector, other.namespaceLabels);
    return inNamespace && matches(peer.podSelector ?? {}, other.labels);
  }

  #holdsPods(peer: Peer, block: NonNullable<Peer['ipBlock']>): boolean {
    const known = this.#byAddress.get(peer);
    if (known !== undefined) return known;
    const holds = remaining(block).some((range) => this.#podRanges.some((pods) => overlap(range, pods)));
    this.#byAddress.set(peer, holds);
    return holds;
  }
}

const knownRemainders = new Map<string, readonly Range[]>();
const mostRemainders = 1_000;

/** The addresses of an ipBlock; the same list for the same block, of which all tenants together have a few. */
export function remaining({ cidr, except = [] }: NonNullable<Peer['ipBlock']>): readonly Range[] {
  const key = [cidr, ...except].join(' ');
  const known = knownRemainders.get(key);
  if (known !== undefined) return known;
  const ranges = subtract(parseCidr(cidr), except.map(parseCidr));
  if (knownRemainders.size >= mostRemainders) knownRemainders.clear();
  knownRemainders.set(key, ranges);
  return ranges;
}
