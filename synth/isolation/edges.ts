import type { Cell } from '../../schemas/index.ts';
import { contains, overlap, parseCidr, type Range } from '../ranges/cidr.ts';
import type { ExcludedRange } from '../ranges/excluded.ts';
import type { Opening } from '../types.ts';
import { expectedAddresses } from './expected.ts';
import { everyPort, formatPorts, portsOf, without, type PortRange } from './ports.ts';
import { remaining, type Direction, type Reach } from './reach.ts';
import type { Peer, Pod, Policy } from './world.ts';

const wholeWorld: readonly Peer[] = ['0.0.0.0/0', '::/0'].map((cidr) => ({ ipBlock: { cidr } }));

/** Addresses that a rule opens to a pod. */
interface Block {
  readonly pod: Pod;
  readonly direction: Direction;
  readonly peer: Peer;
  readonly ports: readonly PortRange[];
  readonly policy: Policy | undefined;
}

/** Excluded ranges that a tenant's pod can reach by address, or that can reach it. */
export function openEdges(reach: Reach, cell: Cell, excluded: readonly ExcludedRange[], pods: readonly Pod[]): Opening[] {
  const directions: readonly Direction[] = ['egress', 'ingress'];
  const blocks = pods.flatMap((pod) => directions.flatMap((direction) => blocksOf(reach, pod, direction)));
  const found = new Map<string, Opening>();
  for (const block of blocks) {
    const hit = hitsOf(excluded, rangesOf(block.peer));
    const ports = hit.length === 0 || block.direction === 'ingress' ? block.ports : unexpected(cell, block);
    if (ports.length === 0) continue;
    for (const place of hit) add(found, opening(block, place, formatPorts(ports)));
  }
  return [...found.values()];
}

function blocksOf(reach: Reach, pod: Pod, direction: Direction): Block[] {
  const policies = reach.policiesOf(pod, direction);
  if (policies === undefined) return wholeWorld.map((peer) => ({ pod, direction, peer, ports: everyPort, policy: undefined }));
  return policies.flatMap((policy) => (policy[direction] ?? []).flatMap(({ peers, ports }) => {
    const open = peers === undefined || peers.length === 0 ? wholeWorld : peers.filter((peer) => peer.ipBlock !== undefined);
    return open.map((peer) => ({ pod, direction, peer, ports: portsOf(ports, pod.ports), policy }));
  }));
}

function rangesOf(peer: Peer): readonly Range[] {
  return peer.ipBlock === undefined ? [] : remaining(peer.ipBlock);
}

// The rules of all tenants hold the same few blocks, and a platform's ranges are one list.
const hits = new WeakMap<readonly ExcludedRange[], WeakMap<readonly Range[], readonly ExcludedRange[]>>();

/** The excluded ranges that open ones meet. */
function hitsOf(excluded: readonly ExcludedRange[], open: readonly Range[]): readonly ExcludedRange[] {
  const ofList = hits.get(excluded) ?? new WeakMap<readonly Range[], readonly ExcludedRange[]>();
  hits.set(excluded, ofList);
  const known = ofList.get(open);
  if (known !== undefined) return known;
  const found = excluded.filter(({ cidr }) => open.some((range) => overlap(range, parseCidr(cidr))));
  ofList.set(open, found);
  return found;
}

function unexpected(cell: Cell, { pod, peer, ports }: Block): readonly PortRange[] {
  const allowed = expectedAddresses(cell, pod).filter(({ cidr }) => rangesOf(peer).every((range) => contains(parseCidr(cidr), range)));
  return without(ports, allowed.flatMap((one) => one.ports));
}

function opening({ pod, direction, policy }: Block, { cidr, label }: ExcludedRange, port: string): Opening {
  const because = policy === undefined ? [] : [`${policy.file}:${policy.name}`];
  const through = because[0] === undefined ? `no policy limits its ${direction}` : `${because[0]} allows it`;
  const place = `${cidr} (${label})`;
  return direction === 'egress'
    ? { from: pod.id, to: cidr, port, because, message: `${pod.id} can reach ${place} on ${port}: ${through}.` }
    : { from: cidr, to: pod.id, port, because, message: `${place} can reach ${pod.id} on ${port}: ${through}.` };
}

function add(found: Map<string, Opening>, one: Opening): void {
  const key = `${one.from} ${one.to} ${one.because.join()}`;
  if (!found.has(key)) found.set(key, one);
}
