import { randomBytes } from 'node:crypto';
import { assert, asyncProperty, integer } from 'fast-check';
import { expect, test } from 'vitest';
import { bufferSource, type ByteSource } from './byte-source.ts';
import { pagedSource } from './paged-source.ts';

const bytes = randomBytes(6 * 1024 * 1024 + 77);

test('gives the bytes that the source gives, and its errors', async () => {
  const paged = pagedSource(bufferSource(bytes));
  await assert(
    asyncProperty(integer({ min: 0, max: bytes.length }), integer({ min: 0, max: 600_000 }), async (position, length) => {
      if (position + length > bytes.length) await expect(paged.read(position, length)).rejects.toMatchObject({ code: 'jar_truncated' });
      else expect((await paged.read(position, length)).equals(bytes.subarray(position, position + length))).toBe(true);
    }),
  );
});

test('reads what lies near each other once', async () => {
  let reads = 0;
  const below = bufferSource(bytes);
  const counted: ByteSource = { size: below.size, read: (position, length) => ((reads += 1), below.read(position, length)) };
  const paged = pagedSource(counted);
  for (let at = 0; at < 500_000; at += 4096) await paged.read(at, 4096);
  expect(reads).toBe(2);
});

test('what it gives keeps no page in memory', async () => {
  const paged = pagedSource(bufferSource(bytes));
  for (const position of [0, 256 * 1024 - 5, 1_000_000]) expect((await paged.read(position, 10)).buffer.byteLength).toBeLessThan(100_000);
});
