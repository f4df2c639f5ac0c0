import { BlockList, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SynthError } from '../errors.ts';
import { exampleState } from '../testing/example-state.ts';
import { contains, formatAddress, overlap, parseCidr, subtract } from './cidr.ts';
import { exceptions } from './excluded.ts';

const v4 = fc.tuple(fc.ipV4(), fc.integer({ min: 0, max: 32 })).map(([address, length]) => `${address}/${length}`);
const v6 = fc.tuple(fc.ipV6(), fc.integer({ min: 0, max: 128 })).map(([address, length]) => `${address}/${length}`);

function inside(cidr: string, address: string): boolean {
  const [base = '', length] = cidr.split('/');
  const list = new BlockList();
  list.addSubnet(base, Number(length), isIPv6(base) ? 'ipv6' : 'ipv4');
  return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
}

test('ranges hold the addresses that the platform’s own block list finds in them', () => {
  fc.assert(fc.property(fc.oneof(fc.tuple(v4, fc.ipV4()), fc.tuple(v6, fc.ipV6())), ([cidr, address]) => {
    fc.pre(!address.includes('.') || !address.includes(':'));
    expect(contains(parseCidr(cidr), parseCidr(address))).toBe(inside(cidr, address));
  }), { numRuns: 500 });
});

test('what is left after subtraction touches no hole and, with the holes, covers the whole', () => {
  fc.assert(fc.property(v4, fc.array(v4, { maxLength: 6 }), (whole, holes) => {
    const range = parseCidr(whole);
    const left = subtract(range, holes.map(parseCidr));
    for (const piece of left) expect(holes.some((hole) => overlap(piece, parseCidr(hole)))).toBe(false);
    const covered = left.reduce((sum, { first, last }) => sum + last - first + 1n, 0n);
    if (holes.every((hole) => !overlap(range, parseCidr(hole)))) expect(covered).toBe(range.last - range.first + 1n);
    if (holes.some((hole) => contains(parseCidr(hole), range))) expect(covered).toBe(0n);
  }));
});

test('an address reads back from its text', () => {
  expect(formatAddress(parseCidr('10.1.2.3/8'))).toBe('10.0.0.0');
  expect(formatAddress(parseCidr('fd00::1'))).toBe('fd00:0:0:0:0:0:0:1');
  expect(parseCidr('::ffff:1.2.3.4')).toEqual(parseCidr('::ffff:102:304'));
});

test.each(['', '10.0.0.0/33', '10.0.0/8', '256.0.0.0/8', '1.2.3.4/x', '::1/129', '1::2::3', '1:2:3:4:5:6:7:8:9', '12345::', '10.0.0.0/8/8'])('%j is no range', (text) => {
  expect(() => parseCidr(text)).toThrow(SynthError);
});

test('the exceptions of a rule lie inside it, none inside another', async () => {
  const { platform } = await exampleState();
  for (const cidr of ['0.0.0.0/0', '2000::/3']) {
    const ranges = exceptions(platform, cidr).map(parseCidr);
    expect(ranges.length).toBeGreaterThan(2);
    for (const range of ranges) expect(contains(parseCidr(cidr), range)).toBe(true);
    for (const [index, range] of ranges.entries()) expect(ranges.every((other, at) => at === index || !overlap(range, other))).toBe(true);
  }
});
