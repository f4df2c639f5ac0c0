import { ImageError } from '../image-error.ts';
import type { JarLimits } from '../jar-limits.ts';
import { bufferSource, partOf, type ByteSource } from '../zip/byte-source.ts';
import { dataStart, readEntry } from '../zip/entry-content.ts';
import { readZip, type ZipEntry } from '../zip/read-zip.ts';

const archive = /\.(?:jar|war|ear|zip)$/i;

/**
 * Calls `visit` for every entry of the JARs inside (stored ones are read where they stand, compressed ones in memory, one
 * at a time). What only looks like an archive by its name is left alone. Throws ImageError `nested_too_deep`,
 * `nested_too_large`, `too_many_entries`, `zip_bomb`.
 */
export async function lookInside(source: ByteSource, entries: readonly ZipEntry[], limits: JarLimits, visit: (entry: ZipEntry) => void): Promise<void> {
  const budget = { entries: limits.maxEntries - entries.length, bytes: Math.max(limits.ratioFloorBytes, limits.maxRatio * source.size) };
  const pending: { source: ByteSource; entries: readonly ZipEntry[]; depth: number }[] = [{ source, entries, depth: 1 }];
  for (let level = pending.pop(); level !== undefined; level = pending.pop()) {
    for (const entry of level.entries) {
      if (entry.directory || !archive.test(entry.name)) continue;
      if (level.depth > limits.maxNesting) {
        throw new ImageError('nested_too_deep', `The JAR holds archives more than ${limits.maxNesting} levels deep (${JSON.stringify(entry.name.slice(0, 120))}). Unpack them in the build.`);
      }
      const inner = await openNested(level.source, entry, limits, budget.entries);
      if (inner === undefined) continue;
      spend(budget, inner.entries);
      for (const each of inner.entries) visit(each);
      if (inner.entries.some((each) => archive.test(each.name))) pending.push({ ...inner, depth: level.depth + 1 });
    }
  }
}

async function openNested(source: ByteSource, entry: ZipEntry, limits: JarLimits, maxEntries: number): Promise<{ source: ByteSource; entries: readonly ZipEntry[] } | undefined> {
  if (entry.method !== 0 && entry.size > limits.maxNestedBytes) {
    throw new ImageError('nested_too_large', `The archive ${JSON.stringify(entry.name.slice(0, 120))} in the JAR is compressed and larger than ${limits.maxNestedBytes} bytes. Store it uncompressed, as Spring Boot does.`);
  }
  const nested = entry.method === 0 ? partOf(source, await dataStart(source, entry), entry.size) : bufferSource(await readEntry(source, entry));
  try {
    return { source: nested, entries: await readZip(nested, maxEntries) };
  } catch (error) {
    if (error instanceof ImageError && error.code !== 'too_many_entries') return undefined;
    throw error;
  }
}

function spend(budget: { entries: number; bytes: number }, entries: readonly ZipEntry[]): void {
  budget.entries -= entries.length;
  for (const entry of entries) budget.bytes -= entry.size;
  if (budget.bytes < 0) throw new ImageError('zip_bomb', 'The archives in the JAR unpack to far more than its size. Leave out the data that is so large, or load it at run time.');
}
