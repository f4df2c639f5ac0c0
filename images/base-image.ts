import { ImageError } from './image-error.ts';
import type { ImageConfig, ImageManifest } from './image-config.ts';
import { getJsonBlob } from './layers/json-blob.ts';
import type { Descriptor, Registry } from './registry.ts';

/** What another image brings into the one being built. */
export interface BaseImage {
  readonly reference: string;
  readonly digest: string;
  readonly layers: readonly Descriptor[];
  readonly config: ImageConfig;
}

const reference = /^(?:[^/]+\/)?(.+)@(sha256:[0-9a-f]{64})$/;
const ociLayer: Readonly<Record<string, string>> = {
  'application/vnd.docker.image.rootfs.diff.tar.gzip': 'application/vnd.oci.image.layer.v1.tar+gzip',
  'application/vnd.docker.image.rootfs.diff.tar': 'application/vnd.oci.image.layer.v1.tar',
};

/**
 * Reads an image that others build on, and brings its layers into `repository`. `reference` is pinned by digest:
 * `<host>/<repository>@sha256:…`; the host is not looked at, since the image is read from `registry`. Throws ImageError
 * `base_not_found`, `base_unsupported`.
 */
export async function takeBase(registry: Registry, repository: string, imageReference: string): Promise<BaseImage> {
  const [, from, digest] = reference.exec(imageReference) ?? [];
  if (from === undefined || digest === undefined) throw new ImageError('base_unsupported', `The base image ${imageReference} is not pinned. Write <host>/<repository>@sha256:<64 hex digits> in platform.yaml.`);
  const found = await registry.getManifest(from, digest);
  if (found === undefined) throw new ImageError('base_not_found', `The registry has no base image ${from}@${digest}. Push it there, or correct platform.yaml.`);
  const manifest = JSON.parse(Buffer.from(found.bytes).toString('utf8')) as Partial<ImageManifest>;
  if (manifest.layers === undefined || manifest.config === undefined) throw new ImageError('base_unsupported', `The base image ${from}@${digest} is an index of several platforms. Name the digest of one of its images.`);
  const layers = manifest.layers.map((layer) => ({ mediaType: ociLayer[layer.mediaType] ?? layer.mediaType, digest: layer.digest, size: layer.size }));
  for (const layer of layers) await bring(registry, { from, to: repository }, layer);
  return { reference: imageReference, digest, layers, config: (await getJsonBlob(registry, from, manifest.config.digest)) as ImageConfig };
}

async function bring(registry: Registry, way: { readonly from: string; readonly to: string }, layer: Descriptor): Promise<void> {
  if (way.from === way.to || (await registry.hasBlob(way.to, layer.digest))) return;
  if (await registry.mountBlob(way.to, layer.digest, way.from)) return;
  await registry.putBlob(way.to, layer, await registry.getBlob(way.from, layer.digest));
}
