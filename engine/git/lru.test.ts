import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Lru } from './lru.ts';

test('keeps what is in use, answers with what was set last, and holds no more than its limit', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(30), fc.nat(4)), { maxLength: 200 }), (steps) => {
      const lru = new Lru<number, number>(40);
      const last = new Map<number, number>();
      for (const [index, [key, weight]] of steps.entries()) {
        lru.set(key, index, weight);
        last.set(key, index);
        lru.set(99, -1, 1);
        expect(lru.get(99)).toBe(-1);
      }
      const found = [...last.keys()].filter((key) => lru.get(key) !== undefined);
      for (const key of found) expect(lru.get(key)).toBe(last.get(key));
    }),
  );
  const small = new Lru<string, number>(10);
  small.set('large', 1, 6);
  expect(small.get('large')).toBeUndefined();
});
