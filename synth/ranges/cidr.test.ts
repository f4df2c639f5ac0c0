import { BlockList, isIPv6 } from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { SynthError } from '../errors.ts';
import { exampleState } from '../testing/example-state.ts';
import { contains, formatAddress, overlap, parseCidr, splitAround, subtract } from './cidr.ts';
import { excludedRanges, internetBlocks } from './excluded.ts';

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

test('a range split around a hole is the rest, in as few ranges as there are bits between', () => {
  expect(splitAround('0.0.0.0/0', '169.254.0.0/16')).toHaveLength(16);
  expect(splitAround('10.0.0.0/8', '10.0.0.0/8')).toEqual([]);
  expect(splitAround('10.0.0.0/8', '11.0.0.0/8')).toEqual(['10.0.0.0/8']);
  const parts = splitAround('0.0.0.0/0', '169.254.0.0/16').map(parseCidr);
  expect(subtract(parseCidr('0.0.0.0/0'), parts)).toEqual([parseCidr('169.254.0.0/16')]);
});

test('the rules for the internet hold no excluded address; the metadata range is in none of them, even without exceptions', async () => {
  const { platform } = await exampleState();
  const blocks = internetBlocks(platform);
  for (const { cidr, except } of blocks) {
    const holes = except.map(parseCidr);
    expect(overlap(parseCidr(cidr), parseCidr('169.254.0.0/16'))).toBe(false);
    for (const hole of holes) expect(contains(parseCidr(cidr), hole)).toBe(true);
    for (const [index, hole] of holes.entries()) expect(holes.every((other, at) => at === index || !overlap(hole, other))).toBe(true);
    for (const left of subtract(parseCidr(cidr), holes)) expect(excludedRanges(platform).filter((range) => overlap(left, parseCidr(range.cidr)))).toEqual([]);
  }
  const holds = (address: string) => blocks.some(({ cidr, except }) => inside(cidr, address) && !except.some((hole) => inside(hole, address)));
  expect(['8.8.8.8', '1.1.1.1', '169.253.0.1', '172.32.0.1', '223.255.255.255', '2606:4700::1'].map(holds)).toEqual([true, true, true, true, true, true]);
  expect(['10.1.1.1', '169.254.169.254', '172.16.0.1', '192.168.1.1', '224.0.0.1', 'fd00:ec2::254', '64:ff9b::1', '::1'].map(holds)).toEqual(Array.from({ length: 8 }, () => false));
});
