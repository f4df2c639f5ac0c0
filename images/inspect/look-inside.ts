import { ImageError } from '../image-error.ts';
import type { JarLimits } from '../jar-limits.ts';
import { bufferSource, partOf, type ByteSource } from '../zip/byte-source.ts';
import { dataStart, readEntry } from '../zip/entry-content.ts';
import { readZip, type ZipEntry } from '../zip/read-zip.ts';
import { scanZip } from '../zip/scan-zip.ts';

const archive = /\.(?:jar|war|ear|zip)$/i;

/**
 * Calls `visit` for every entry of the JARs inside (stored ones are read where they stand, compressed ones in memory, one
 * at a time). What only looks like an archive by its name is left alone. Throws ImageError `nested_too_deep`,
 * `nested_too_large`, `too_many_entries`, `zip_bomb`.
 */
export async function lookInside(source: ByteSource, entries: readonly ZipEntry[], limits: JarLimits, visit: (entry: ZipEntry) => void): Promise<void> {
  const budget = { entries: limits.maxEntries - entries.length, bytes: Math.max(limits.ratioFloorBytes, limits.maxRatio * source.size) };
  await descend({ source, entries }, 1, { limits, budget, visit });
}

interface Walk {
  readonly limits: JarLimits;
  /** What may still be found. */
  readonly budget: { entries: number; bytes: number };
  readonly visit: (entry: ZipEntry) => void;
}

/** Depth first, so that at most one compressed archive a level is in memory. */
async function descend(outer: Opened, depth: number, walk: Walk): Promise<void> {
  const inside = outer.entries.filter((entry) => !entry.directory && archive.test(entry.name));
  if (depth > walk.limits.maxNesting && inside[0] !== undefined) throw tooDeep(inside[0], walk.limits);
  for (const group of together(inside)) {
    const opened = await Promise.all(group.map((entry) => openNested(outer.source, entry, walk.limits)));
    for (const inner of opened.filter((each) => each !== undefined)) {
      spend(walk.budget, inner.entries);
      for (const each of inner.entries) walk.visit(each);
      await descend(inner, depth + 1, walk);
    }
  }
}

interface Opened {
  readonly source: ByteSource;
  readonly entries: readonly ZipEntry[];
}

/** Stored archives sixteen at a time, compressed ones alone: they are in memory. */
function together(entries: readonly ZipEntry[]): readonly (readonly ZipEntry[])[] {
  const stored = entries.filter((entry) => entry.method === 0);
  const groups: (readonly ZipEntry[])[] = [];
  for (let at = 0; at < stored.length; at += 16) groups.push(stored.slice(at, at + 16));
  return [...groups, ...entries.filter((entry) => entry.method !== 0).map((entry) => [entry])];
}

async function openNested(source: ByteSource, entry: ZipEntry, limits: JarLimits): Promise<Opened | undefined> {
  if (entry.method !== 0 && entry.size > limits.maxNestedBytes) {
    throw new ImageError('nested_too_large', `The archive ${JSON.stringify(entry.name.slice(0, 120))} in the JAR is compressed and larger than ${limits.maxNestedBytes} bytes. Store it uncompressed, as Spring Boot does.`);
  }
  const nested = entry.method === 0 ? partOf(source, await dataStart(source, entry), entry.size) : bufferSource(await readEntry(source, entry));
  try {
    return { source: nested, entries: (await scanZip(nested)) ?? (await readZip(nested, limits.maxEntries)) };
  } catch (error) {
    if (error instanceof ImageError && error.code !== 'too_many_entries') return undefined;
    throw error;
  }
}

function spend(budget: { entries: number; bytes: number }, entries: readonly ZipEntry[]): void {
  budget.entries -= entries.length;
  if (budget.entries < 0) throw new ImageError('too_many_entries', 'The JAR and the archives in it have too many entries. Leave out what the application does not need.');
  for (const entry of entries) budget.bytes -= entry.size;
  if (budget.bytes < 0) throw new ImageError('zip_bomb', 'The archives in the JAR unpack to far more than its size. Leave out the data that is so large, or load it at run time.');
}

function tooDeep(entry: ZipEntry, limits: JarLimits): ImageError {
  return new ImageError('nested_too_deep', `The JAR holds archives more than ${limits.maxNesting} levels deep (${JSON.stringify(entry.name.slice(0, 120))}). Unpack them in the build.`);
}
