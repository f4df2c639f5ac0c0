import { SynthError } from '../errors.ts';

/** Addresses from `first` to `last`, both included, of one family. */
export interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

const cache = new Map<string, Range>();

/**
 * `10.0.0.0/8`, `2001:db8::/32`; an address alone is a range of one. Host bits are cut off.
 * @throws {SynthError} `invalid_range`
 */
export function parseCidr(text: string): Range {
  const known = cache.get(text);
  if (known !== undefined) return known;
  const range = parse(text);
  if (cache.size < 10_000) cache.set(text, range);
  return range;
}

function parse(text: string): Range {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = address.includes(':') ? 6 : 4;
  const width = family === 6 ? 128 : 32;
  const value = family === 6 ? parseV6(address) : parseV4(address);
  const length = prefix === undefined ? width : /^\d{1,3}$/.test(prefix) ? Number(prefix) : -1;
  if (value === undefined || rest.length > 0 || length < 0 || length > width) {
    throw new SynthError('invalid_range', `"${text}" is no IPv4 or IPv6 range. Write it as 10.0.0.0/8 or fd00::/8.`);
  }
  const size = 1n << BigInt(width - length);
  const first = value - (value % size);
  return { family, first, last: first + size - 1n };
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256n + BigInt(part), 0n);
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map(groupsOf);
  if (head === undefined || (halves.length === 2 && tail === undefined)) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return [...head, ...Array.from({ length: missing }, () => 0n), ...(tail ?? [])].reduce((sum, group) => sum * 65_536n + group, 0n);
}

/** The 16-bit groups of a half; a dotted IPv4 address at its end counts as two. */
function groupsOf(half: string): bigint[] | undefined {
  if (half === '') return [];
  const parts = half.split(':');
  const last = parts.at(-1) ?? '';
  const embedded = last.includes('.') ? parseV4(last) : undefined;
  if (last.includes('.') && embedded === undefined) return undefined;
  const hex = embedded === undefined ? parts : parts.slice(0, -1);
  if (!hex.every((part) => /^[0-9a-f]{1,4}$/i.test(part))) return undefined;
  const groups = hex.map((part) => BigInt(`0x${part}`));
  return embedded === undefined ? groups : [...groups, embedded >> 16n, embedded & 0xffffn];
}

export function overlap(a: Range, b: Range): boolean {
  return a.family === b.family && a.first <= b.last && b.first <= a.last;
}

export function contains(outer: Range, inner: Range): boolean {
  return outer.family === inner.family && outer.first <= inner.first && inner.last <= outer.last;
}

/** What of `range` no hole covers, in address order. */
export function subtract(range: Range, holes: readonly Range[]): Range[] {
  let left = [range];
  for (const hole of holes) {
    left = left.flatMap((piece) => {
      if (!overlap(piece, hole)) return [piece];
      const before = hole.first > piece.first ? [{ ...piece, last: hole.first - 1n }] : [];
      const after = hole.last < piece.last ? [{ ...piece, first: hole.last + 1n }] : [];
      return [...before, ...after];
    });
  }
  return left;
}

/** The fewest CIDRs that make up `whole` without `hole`, both CIDRs, in address order; `whole` itself when they don't meet. */
export function splitAround(whole: string, hole: string): string[] {
  const [outer, inner] = [parseCidr(whole), parseCidr(hole)];
  if (!overlap(outer, inner)) return [whole];
  if (contains(inner, outer)) return [];
  const length = Number(whole.split('/')[1]) + 1;
  const middle = (outer.first + outer.last + 1n) / 2n;
  return [outer.first, middle].flatMap((first) => splitAround(`${formatAddress({ family: outer.family, first, last: first })}/${length}`, hole));
}

/** The first address of a range as text, IPv6 in full groups. */
export function formatAddress(range: Range): string {
  const size = range.family === 4 ? 4 : 8;
  const bits = range.family === 4 ? 8n : 16n;
  const groups = Array.from({ length: size }, (_, index) => (range.first >> (bits * BigInt(size - 1 - index))) & ((1n << bits) - 1n));
  return range.family === 4 ? groups.join('.') : groups.map((group) => group.toString(16)).join(':');
}
