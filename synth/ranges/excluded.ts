import type { Cell, PlatformState } from '../../schemas/index.ts';
import { contains, parseCidr, splitAround, type Range } from './cidr.ts';

/** A range that no tenant's pod may reach through a rule for the internet. */
export interface ExcludedRange {
  readonly cidr: string;
  /** What lies there, for people: `private network`, `pods of cell local`. */
  readonly label: string;
}

/** Where the internet is: all of IPv4, and global unicast, which is all that IPv6 routes there. */
const internet = ['0.0.0.0/0', '2000::/3'] as const;

/** Never inside a rule's range, not even as an exception: some enforcers ignore the exception for the metadata address. */
const metadata = '169.254.0.0/16';

/** IANA's special-purpose registries, and the one public address that a cloud's hosts answer on with credentials. NAT64, 6to4 and Teredo would carry IPv4 addresses past the IPv4 list. */
const special: readonly ExcludedRange[] = [
  { cidr: '0.0.0.0/8', label: 'this network' },
  { cidr: '10.0.0.0/8', label: 'private network' },
  { cidr: '100.64.0.0/10', label: 'carrier-grade NAT' },
  { cidr: '127.0.0.0/8', label: 'loopback' },
  { cidr: '168.63.129.16/32', label: 'host services of Azure' },
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

/** A range that a rule allows, less its exceptions. */
export interface AllowedBlock {
  readonly cidr: string;
  readonly except: readonly string[];
}

const blocks = new WeakMap<PlatformState, readonly AllowedBlock[]>();

/** The public internet of both families, less every excluded range: the metadata range by leaving it out, the others as exceptions. */
export function internetBlocks(platform: PlatformState): readonly AllowedBlock[] {
  const known = blocks.get(platform);
  if (known !== undefined) return known;
  const excluded = excludedRanges(platform);
  const ranges = excluded.map(({ cidr }) => parseCidr(cidr));
  const open = internet.flatMap((cidr) => splitAround(cidr, metadata)).filter((cidr) => !ranges.some((range) => contains(range, parseCidr(cidr))));
  const computedBlocks = open.map((cidr) => ({ cidr, except: outermost(excluded, parseCidr(cidr)) }));
  blocks.set(platform, computedBlocks);
  return computedBlocks;
}

/** The excluded ranges inside `whole`, without those that another one holds, in address order. */
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
