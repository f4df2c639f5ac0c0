import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { readTar, type TarItem } from './tar-reader.ts';
import { arrange, tarSize, writeTar, type TarEntry } from './tar-writer.ts';

const file = (path: string, content: Buffer | string): TarEntry => {
  const bytes = Buffer.from(content);
  return {
    path, kind: 'file', size: bytes.length, content: async function* content() {
      yield bytes;
    },
  };
};

async function bytesOf(entries: readonly TarEntry[]): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of writeTar(entries)) parts.push(part);
  return Buffer.concat(parts);
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function itemsOf(bytes: Buffer, size = 700): Promise<(Omit<TarItem, 'content' | 'target'> & { text: string })[]> {
  const items = [];
  for await (const { path, kind, mode, size: length, content } of readTar(inPieces(bytes, size))) {
    const parts: Buffer[] = [];
    for await (const part of content) parts.push(part);
    items.push({ path, kind, mode, size: length, text: Buffer.concat(parts).toString('base64') });
  }
  return items;
}

const segment = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme' }).filter((text) => !text.includes('/') && !text.includes('\0') && text !== '.' && text !== '..' && text.isWellFormed());
const contents = fc.dictionary(fc.array(segment, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/')), fc.uint8Array({ maxLength: 1500 }), { maxKeys: 12 })
  .filter((files) => Object.keys(files).every((path) => !Object.keys(files).some((other) => other.startsWith(`${path}/`))));

test('every set of files comes back, whatever their names, order and the pieces of the stream', async () => {
  await fc.assert(fc.asyncProperty(contents, fc.integer({ min: 1, max: 3000 }), async (files, pieces) => {
    const entries = Object.entries(files).map(([path, content]) => file(path, Buffer.from(content)));
    const bytes = await bytesOf(arrange(entries));
    expect(bytes.equals(await bytesOf(arrange(entries.toReversed())))).toBe(true);
    expect(bytes.length).toBe(tarSize(arrange(entries)));
    const read = await itemsOf(bytes, pieces);
    const back = Object.fromEntries(read.filter((item) => item.kind === 'file').map((item) => [item.path, item.text]));
    expect(back).toEqual(Object.fromEntries(Object.entries(files).map(([path, content]) => [path, Buffer.from(content).toString('base64')])));
  }), { numRuns: 150 });
});

test('parents stand before what they hold, once, with fixed modes', async () => {
  const items = await itemsOf(await bytesOf(arrange([file('b/c/d', 'x'), file('b/a', 'y'), file('a', 'z')])));
  expect(items.map((item) => `${item.path} ${item.mode.toString(8)}`)).toEqual(['a 644', 'b/ 755', 'b/a 644', 'b/c/ 755', 'b/c/d 644']);
});

test('the bytes are fixed: uid, gid, time and names never come from the machine', async () => {
  const { createHash } = await import('node:crypto');
  const bytes = await bytesOf(arrange([file('app/app.jar', 'jar'), file(`app/${'long/'.repeat(60)}name`, 'x'), file('app/ä', 'y')]));
  expect(createHash('sha256').update(bytes).digest('hex')).toMatchInlineSnapshot(`"5cb0005e720acd23d14002d0c93e7b645270c18238e2930264d0a9c32235174e"`);
});

test('two contents at one path, or a file where a folder is needed, are the caller\'s bug', () => {
  expect(() => arrange([file('a', 'x'), file('a', 'y')])).toThrow(TypeError);
  expect(() => arrange([file('a', 'x'), file('a/b', 'y')])).toThrow(TypeError);
});

test('a content of another length than said is refused', async () => {
  await expect(bytesOf([{ ...file('a', 'xy'), size: 3 }])).rejects.toThrow(TypeError);
});

test.each([
  ['cut in a content', (bytes: Buffer) => bytes.subarray(0, 520)],
  ['cut in a header', (bytes: Buffer) => bytes.subarray(0, 100)],
  ['with a changed header', (bytes: Buffer) => Buffer.concat([Buffer.from('X'), bytes.subarray(1)])],
])('reading an archive %s: bad_layer', async (_case, damage) => {
  const bytes = await bytesOf(arrange([file('a', 'content')]));
  await expect(itemsOf(damage(bytes))).rejects.toMatchObject({ code: 'bad_layer' });
});
