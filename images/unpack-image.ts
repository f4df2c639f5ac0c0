import { createHash, randomUUID } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import { asDiskError } from './disk-error.ts';
import type { ImageConfig, ImageManifest, ImageRunConfig } from './image-config.ts';
import { ImageError } from './image-error.ts';
import { getJsonBlob } from './layers/json-blob.ts';
import type { Descriptor, Registry } from './registry.ts';
import { applyLayer } from './unpack/apply-layer.ts';

export interface UnpackedImage {
  /** The image's root on this machine: `directory`. */
  readonly root: string;
  readonly config: ImageRunConfig;
}

/**
 * Unpacks the image into `directory`, which is made by a rename at the end: it is there whole or not at all, and an image
 * that is there is not unpacked again. Everything is checked against its digest. Throws ImageError `manifest_unknown`,
 * `blob_unknown`, `digest_mismatch`, `bad_layer`, `disk_full`.
 */
export async function unpackImage(registry: Registry, repository: string, digest: string, directory: string): Promise<UnpackedImage> {
  const found = await registry.getManifest(repository, digest);
  if (found?.descriptor.digest !== digest) throw new ImageError('manifest_unknown', `The registry has no image ${repository}@${digest}. Upload the release again.`);
  const manifest = JSON.parse(Buffer.from(found.bytes).toString('utf8')) as ImageManifest;
  const { config } = (await getJsonBlob(registry, repository, manifest.config.digest)) as ImageConfig;
  if (!(await exists(directory))) await unpack(registry, { repository, manifest }, directory);
  return { root: directory, config };
}

async function unpack(registry: Registry, image: { readonly repository: string; readonly manifest: ImageManifest }, directory: string): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  const temporary = `${directory}.${randomUUID()}.part`;
  await mkdir(temporary, { mode: 0o700 });
  try {
    for (const layer of image.manifest.layers) {
      const blob = await registry.getBlob(image.repository, layer.digest);
      const hash = createHash('sha256');
      await applyAll(temporary, layer, hashing(blob, hash));
      if (`sha256:${hash.digest('hex')}` !== layer.digest) {
        throw new ImageError('digest_mismatch', `The layer ${layer.digest} in the registry has other content than its name says. Upload the release again.`);
      }
    }
    await rename(temporary, directory);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    // Somebody else was faster.
    if (['ENOTEMPTY', 'EEXIST'].includes((error as NodeJS.ErrnoException).code ?? '')) return;
    throw asDiskError(error);
  }
}

/** Applies the layer and reads its stream to the end, so that the digest covers every byte. */
async function applyAll(root: string, layer: Descriptor, packed: AsyncGenerator<Buffer>): Promise<void> {
  const bytes = unpacked(layer.mediaType, packed)[Symbol.asyncIterator]();
  const open: AsyncIterable<Buffer> = { [Symbol.asyncIterator]: () => ({ next: () => bytes.next() }) };
  await applyLayer(root, open);
  for (let next = await bytes.next(); next.done !== true; next = await bytes.next());
}

async function* hashing(blob: Readable, hash: { update(chunk: Buffer): unknown }): AsyncGenerator<Buffer> {
  for await (const chunk of blob as AsyncIterable<Buffer>) {
    hash.update(chunk);
    yield chunk;
  }
}

function unpacked(mediaType: string, packed: AsyncGenerator<Buffer>): AsyncIterable<Buffer> {
  if (mediaType.endsWith('.tar')) return packed;
  const stream = mediaType.endsWith('gzip') ? createGunzip() : mediaType.endsWith('+zstd') ? createZstdDecompress() : undefined;
  if (stream === undefined) throw new ImageError('bad_layer', `A layer of the image has the unknown type ${mediaType}.`);
  const source = Readable.from(packed);
  source.once('error', (error) => stream.destroy(error));
  return decompressed(source.pipe(stream));
}

async function* decompressed(stream: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  try {
    yield* stream;
  } catch (cause) {
    if (cause instanceof ImageError) throw cause;
    throw new ImageError('bad_layer', 'A layer of the image can\'t be decompressed. Upload the release again.', { cause });
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
