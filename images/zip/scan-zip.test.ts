import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeZip } from '../testing/make-zip.ts';
import { bufferSource } from './byte-source.ts';
import { readZip } from './read-zip.ts';
import { scanZip } from './scan-zip.ts';

const input = fc.record({
  name: fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme-ascii' }),
  content: fc.string({ maxLength: 300 }),
  stored: fc.boolean(),
  flags: fc.constantFrom(0, 0, 0, 1),
  unixMode: fc.constantFrom(0o100_644, 0o120_777, 0o040_755),
}).filter((entry) => entry.flags === 0 || (!entry.stored && entry.content !== ''));

test('says of every plain archive what the careful reader says', async () => {
  await fc.assert(fc.asyncProperty(fc.array(input, { maxLength: 20 }), async (inputs) => {
    const source = bufferSource(makeZip(inputs));
    expect(await scanZip(source)).toEqual(await readZip(source, 100));
  }), { numRuns: 200 });
});

test('of a damaged one it says the same or nothing: one changed byte anywhere', async () => {
  const zip = makeZip([{ name: 'a.class', content: 'abc'.repeat(20) }, { name: 'META-INF/', content: '' }, { name: 'b.jar', content: 'b', stored: true }]);
  await fc.assert(fc.asyncProperty(fc.nat({ max: zip.length - 1 }), fc.integer({ min: 1, max: 255 }), async (at, change) => {
    const damaged = Buffer.from(zip);
    damaged[at] = (damaged[at] ?? 0) ^ change;
    const source = bufferSource(damaged);
    const scanned = await scanZip(source);
    if (scanned !== undefined) expect(scanned).toEqual(await readZip(source, 100));
  }), { numRuns: 500 });
});

test('leaves everything unusual to the careful reader', async () => {
  const zip = makeZip([{ name: 'ä', content: 'a' }]);
  expect(await scanZip(bufferSource(zip))).toBeUndefined();
  expect(await scanZip(bufferSource(Buffer.concat([Buffer.from('#!/bin/sh\n'), makeZip([{ name: 'a', content: 'a' }])])))).toBeUndefined();
  expect(await scanZip(bufferSource(makeZip([{ name: 'a' }], { entryCount: 2 })))).toBeUndefined();
  expect(await scanZip(bufferSource(Buffer.from('PK')))).toBeUndefined();
});
