import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDuration, parsePair, parseWhole } from './options.ts';
import { parseApplicationTarget, parseTarget } from './target.ts';

describe('targets', () => {
  test.each([['acme', { tenant: 'acme' }], ['acme/orders', { tenant: 'acme', application: 'orders' }], ['a-1/b-2', { tenant: 'a-1', application: 'b-2' }]])('%s', (text, expected) => {
    expect(parseTarget(text)).toEqual(expected);
  });
  test.each(['', '/', 'acme/', '/orders', 'acme/orders/dev', 'Acme', 'acme/or--ders', 'acme-', '1acme', 'acme/../x'])('refuses %j', (text) => {
    expect(parseTarget(text)).toBeTypeOf('string');
  });
  test('an application is needed where one is changed', () => {
    expect(parseApplicationTarget('acme')).toBeTypeOf('string');
  });
});

test('durations', () => {
  expect(['90', '90s', '5m', '1500ms', '1h'].map(parseDuration)).toEqual([90_000, 90_000, 300_000, 1500, 3_600_000]);
  expect(['', 's', '-1s', '1d', '1.5m', '1 m'].map(parseDuration)).toEqual(Array.from({ length: 6 }));
});

test('whole numbers within their range', () => {
  expect(['0', '7', '10', '11', '-1', '1e1', ' 1', ''].map((text) => parseWhole(text, 0, 10))).toEqual([0, 7, 10, undefined, undefined, undefined, undefined, undefined]);
});

test('a pair is cut at its first equals sign, whatever the value holds', () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1 }).filter((key) => !key.includes('=')), fc.string(), (key, value) => {
      expect(parsePair(`${key}=${value}`)).toEqual([key, value]);
    }),
  );
  expect(parsePair('=x')).toBeUndefined();
  expect(parsePair('KEY')).toBeUndefined();
});
