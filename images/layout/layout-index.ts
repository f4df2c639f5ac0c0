import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Descriptor } from '../registry.ts';
import { writeDurably } from './durable-file.ts';

export const refName = 'org.opencontainers.image.ref.name';
const mediaType = 'application/vnd.oci.image.index.v1+json';

/** The manifests of index.json; empty when the repository doesn't exist. */
export async function readIndex(folder: string): Promise<readonly Descriptor[]> {
  try {
    const index = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8')) as { manifests?: readonly Descriptor[] };
    return index.manifests ?? [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Replaces index.json as a whole. */
export async function writeIndex(folder: string, uploads: string, manifests: readonly Descriptor[]): Promise<void> {
  await writeDurably(join(folder, 'index.json'), uploads, async (file) => {
    await file.writeFile(`${JSON.stringify({ schemaVersion: 2, mediaType, manifests }, undefined, 2)}\n`);
  });
}

/** Adds a manifest; a tag leaves the manifest that had it, which stays known by its digest. */
export function withManifest(manifests: readonly Descriptor[], manifest: Descriptor, tag: string | undefined): readonly Descriptor[] {
  const { annotations: _annotations, ...bare } = manifest;
  const kept = manifests.filter((each) => each.annotations?.[refName] === undefined || each.annotations[refName] !== tag);
  const lost = manifests.filter((each) => !kept.includes(each) && !kept.some((other) => other.digest === each.digest) && each.digest !== bare.digest);
  const result: readonly Descriptor[] = [...kept, ...lost.map(({ annotations: _old, ...each }) => each)];
  if (tag === undefined) return result.some((each) => each.digest === bare.digest) ? result : [...result, bare];
  // With a tag the entry without one says nothing more.
  return [...result.filter((each) => each.digest !== bare.digest || each.annotations?.[refName] !== undefined), { ...bare, annotations: { [refName]: tag } }];
}
