import type { ByteSource } from './byte-source.ts';

const pageBytes = 256 * 1024;
const pagesKept = 16;

/**
 * The same bytes, read in pages of which the last ones are kept: for many small reads that lie near each other, each of which
 * would otherwise wait for its turn behind what else the process does.
 */
export function pagedSource(source: ByteSource): ByteSource {
  const pages = new Map<number, Promise<Buffer>>();
  const page = (number: number): Promise<Buffer> => {
    const known = pages.get(number);
    if (known !== undefined) return known;
    const start = number * pageBytes;
    const fresh = source.read(start, Math.min(pageBytes, source.size - start));
    pages.set(number, fresh);
    const [oldest] = pages.keys();
    if (pages.size > pagesKept && oldest !== undefined) pages.delete(oldest);
    return fresh;
  };
  return {
    size: source.size,
    async read(position, length) {
      const first = Math.floor(position / pageBytes);
      const last = Math.floor((position + length - 1) / pageBytes);
      // An empty read and one beyond the end are the source's to answer.
      if (length === 0 || position < 0 || position + length > source.size || last - first > 1) return source.read(position, length);
      const start = await page(first);
      const offset = position - first * pageBytes;
      // A copy: who keeps a few bytes must not keep a page alive by them.
      if (first === last) return Buffer.from(start.subarray(offset, offset + length));
      return Buffer.concat([start.subarray(offset), (await page(last)).subarray(0, position + length - last * pageBytes)]);
    },
  };
}
