import { open } from 'node:fs/promises';
import { takeBase } from './base-image.ts';
import { composeConfig, composeManifest, type NamedLayer } from './compose-image.ts';
import { configMediaType, manifestMediaType } from './image-config.ts';
import type { Inspection } from './inspect/inspection.ts';
import { putJsonBlob } from './layers/json-blob.ts';
import { planImage } from './layers/plan-layers.ts';
import { storeLayer } from './layers/store-layer.ts';
import type { Descriptor, Registry } from './registry.ts';
import { fileSource } from './zip/byte-source.ts';

/**
 * The small ones are flushed while the large one is hashed. Six is what a usual JAR has; one that names more must not have
 * all of them in memory, up to 16 MiB each.
 */
const layersAtOnce = 6;

export interface BuildRequest {
  readonly jarPath: string;
  readonly jar: { readonly sha256: string; readonly size: number };
  /** Of the file at `jarPath`. */
  readonly inspection: Inspection;
  readonly registry: Registry;
  readonly repository: string;
  readonly tag?: string;
  /** Image with Java, pinned by digest, in the same registry; without it Java comes from the machine. */
  readonly base?: string;
  /** Image whose layers fill /cameleer/addons, pinned by digest, in the same registry. */
  readonly agent?: string;
}

export interface BuiltImage {
  readonly digest: string;
  readonly descriptor: Descriptor;
  readonly layers: readonly NamedLayer[];
}

/**
 * Builds and stores the image. The digest depends on the JAR, the base and the agent alone: not on folder, user, clock,
 * time zone or locale. Throws ImageError `jar_corrupt`, `duplicate_entry`, `base_not_found`, `base_unsupported`.
 */
export async function buildImage(request: BuildRequest): Promise<BuiltImage> {
  const { registry, repository, inspection } = request;
  const base = request.base === undefined ? undefined : await takeBase(registry, repository, request.base);
  const agent = request.agent === undefined ? undefined : await takeBase(registry, repository, request.agent);
  const file = await open(request.jarPath, 'r');
  try {
    const plan = planImage(fileSource(file, { start: 0, size: request.jar.size }), inspection);
    const layers: NamedLayer[] = [];
    for (let at = 0; at < plan.layers.length; at += layersAtOnce) {
      layers.push(...(await allEnded(plan.layers.slice(at, at + layersAtOnce).map((layer) => storeLayer(registry, repository, layer)))));
    }
    const parts = { base, agent, layers };
    const config = composeConfig(parts, inspection, { command: plan.command, jarSha256: request.jar.sha256 });
    const configBlob = await putJsonBlob(registry, repository, { mediaType: configMediaType, value: config });
    const manifest = composeManifest(parts, configBlob);
    const descriptor = await registry.putManifest(repository, manifestMediaType, Buffer.from(JSON.stringify(manifest)), request.tag);
    return { digest: descriptor.digest, descriptor, layers };
  } finally {
    await file.close();
  }
}

/** Like `Promise.all`, but when it throws none is still reading the file that is closed then. */
async function allEnded<T>(works: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(works);
  return Promise.all(works);
}
