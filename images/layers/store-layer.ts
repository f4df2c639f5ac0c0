import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { NamedLayer } from '../compose-image.ts';
import type { Descriptor, Registry } from '../registry.ts';
import { Scratch } from '../scratch.ts';
import { tarSize, writeTar, type TarEntry } from '../tar/tar-writer.ts';
import { chunkBytes } from '../zip/entry-content.ts';
import { digestOf } from './json-blob.ts';
import type { LayerPlan } from './plan-layers.ts';

/** Not compressed: libraries are compressed already (gzip: 1.4 s for 6% of 77 MB). So blob digest and diff id are one. */
const layerMediaType = 'application/vnd.oci.image.layer.v1.tar';

const smallBytes = 8 * 1024 * 1024;
const chunksAlive = 8;

/**
 * The layer's descriptor; its blob is stored when the repository lacks it. The digest is computed first: it costs little
 * more than reading, and an unchanged layer is then never written again, on any machine and without a cache that could lie.
 */
export async function storeLayer(registry: Registry, repository: string, { name, entries }: LayerPlan): Promise<NamedLayer> {
  const store = tarSize(entries) <= smallBytes ? storeSmall : storeLarge;
  return { ...(await store(registry, repository, entries)), name };
}

async function storeLarge(registry: Registry, repository: string, entries: readonly TarEntry[]): Promise<Descriptor> {
  const hash = createHash('sha256');
  for await (const chunk of ahead(writeTar(entries, new Scratch(chunksAlive, chunkBytes)), chunksAlive - 2)) hash.update(chunk);
  const descriptor: Descriptor = { mediaType: layerMediaType, digest: `sha256:${hash.digest('hex')}`, size: tarSize(entries) };
  if (await registry.hasBlob(repository, descriptor.digest)) return descriptor;
  await registry.putBlob(repository, descriptor, Readable.from(writeTar(entries), { objectMode: true, highWaterMark: 4 }));
  return descriptor;
}

/** A layer of classes: read once, kept in memory for the moment. */
async function storeSmall(registry: Registry, repository: string, entries: readonly TarEntry[]): Promise<Descriptor> {
  const parts: Buffer[] = [];
  for await (const chunk of ahead(writeTar(entries), chunksAlive)) parts.push(chunk);
  const bytes = Buffer.concat(parts);
  const descriptor: Descriptor = { mediaType: layerMediaType, digest: digestOf(bytes), size: bytes.length };
  if (!(await registry.hasBlob(repository, descriptor.digest))) await registry.putBlob(repository, descriptor, Readable.from([bytes]));
  return descriptor;
}

/** Asks for `depth` chunks before they are wanted, so that reading goes on while the last one is hashed. */
async function* ahead(chunks: AsyncGenerator<Buffer>, depth: number): AsyncGenerator<Buffer> {
  const asked: Promise<IteratorResult<Buffer>>[] = [];
  for (;;) {
    while (asked.length < depth) {
      const next = chunks.next();
      // Its turn to be awaited comes; until then a failure is not unhandled.
      next.catch(() => undefined);
      asked.push(next);
    }
    const next = await asked.shift();
    if (next === undefined || next.done === true) return;
    yield next.value;
  }
}
