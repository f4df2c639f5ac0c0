import type { Cell, PlatformState } from '../../schemas/index.ts';
import { contains, parseCidr, type Range } from './cidr.ts';

/** A range that no tenant's pod may reach through a rule for the internet. */
export interface ExcludedRange {
  readonly cidr: string;
  /** What lies there, for people: `private network`, `pods of cell local`. */
  readonly label: string;
}

/** The whole of each family that can be "the internet"; global unicast is all that IPv6 routes there. */
export const internet = { v4: '0.0.0.0/0', v6: '2000::/3' } as const;

/** IANA's special-purpose registries, less what lies outside `internet`. NAT64, 6to4 and Teredo would carry IPv4 addresses past the IPv4 list. */
const special: readonly ExcludedRange[] = [
  { cidr: '0.0.0.0/8', label: 'this network' },
  { cidr: '10.0.0.0/8', label: 'private network' },
  { cidr: '100.64.0.0/10', label: 'carrier-grade NAT' },
  { cidr: '127.0.0.0/8', label: 'loopback' },
  { cidr: '169.254.0.0/16', label: 'link-local and metadata' },
  { cidr: '172.16.0.0/12', label: 'private network' },
  { cidr: '192.0.0.0/24', label: 'protocol assignments and metadata' },
  { cidr: '192.0.2.0/24', label: 'documentation' },
  { cidr: '192.88.99.0/24', label: '6to4 relays' },
  { cidr: '192.168.0.0/16', label: 'private network' },
  { cidr: '198.18.0.0/15', label: 'benchmarking' },
  { cidr: '198.51.100.0/24', label: 'documentation' },
  { cidr: '203.0.113.0/24', label: 'documentation' },
  { cidr: '224.0.0.0/4', label: 'multicast' },
  { cidr: '240.0.0.0/4', label: 'reserved and broadcast' },
  { cidr: '::/128', label: 'unspecified' },
  { cidr: '::1/128', label: 'loopback' },
  { cidr: '::ffff:0.0.0.0/96', label: 'IPv4-mapped' },
  { cidr: '64:ff9b::/96', label: 'NAT64' },
  { cidr: '64:ff9b:1::/48', label: 'local NAT64' },
  { cidr: '100::/64', label: 'discard-only' },
  { cidr: '2001::/23', label: 'protocol assignments and Teredo' },
  { cidr: '2001:db8::/32', label: 'documentation' },
  { cidr: '2002::/16', label: '6to4' },
  { cidr: '3fff::/20', label: 'documentation' },
  { cidr: 'fc00::/7', label: 'private network and metadata' },
  { cidr: 'fe80::/10', label: 'link-local' },
  { cidr: 'fec0::/10', label: 'site-local' },
  { cidr: 'ff00::/8', label: 'multicast' },
];

const computed = new WeakMap<PlatformState, readonly ExcludedRange[]>();

/** Private, special and metadata ranges and those of every cell of the platform. */
export function excludedRanges(platform: PlatformState): readonly ExcludedRange[] {
  const known = computed.get(platform);
  if (known !== undefined) return known;
  const ranges = excludedRangesOf([...platform.cells.values()].map(({ object }) => object));
  computed.set(platform, ranges);
  return ranges;
}

/** Private, special and metadata ranges and those of the cells: pods, services, nodes and load balancers. */
export function excludedRangesOf(cells: readonly Cell[]): readonly ExcludedRange[] {
  const ofCells = cells.flatMap(({ metadata, spec }) => {
    const { pods, services, nodes, loadBalancers } = spec.networks;
    return Object.entries({ pods, services, nodes, 'load balancers': loadBalancers }).flatMap(([what, cidrs]) =>
      cidrs.map((cidr) => ({ cidr, label: `${what} of cell ${metadata.name}` })));
  });
  return [...special, ...ofCells];
}

const listed = new WeakMap<PlatformState, Map<string, readonly string[]>>();

/** The `except` list of an allow rule for `cidr`: the excluded ranges inside it, without those that another one holds, in address order. */
export function exceptions(platform: PlatformState, cidr: string): string[] {
  const lists = listed.get(platform) ?? new Map<string, readonly string[]>();
  listed.set(platform, lists);
  const list = lists.get(cidr) ?? outermost(excludedRanges(platform), parseCidr(cidr));
  lists.set(cidr, list);
  return [...list];
}

function outermost(excluded: readonly ExcludedRange[], whole: Range): string[] {
  const inside = new Map(excluded.map((range) => [range.cidr, parseCidr(range.cidr)] as const).filter(([, range]) => contains(whole, range)));
  const kept: (readonly [string, Range])[] = [];
  for (const entry of [...inside].sort(byPlace)) if (!kept.some(([, outer]) => contains(outer, entry[1]))) kept.push(entry);
  return kept.map(([cidr]) => cidr);
}

/** By first address, larger ranges first. */
function byPlace([, a]: readonly [string, Range], [, b]: readonly [string, Range]): number {
  if (a.first !== b.first) return a.first < b.first ? -1 : 1;
  return a.last === b.last ? 0 : a.last > b.last ? -1 : 1;
}
