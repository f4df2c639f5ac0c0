import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { unpackImage, type Registry, type UnpackedImage } from '../../images/index.ts';
import { PodStartError } from './pod-start-error.ts';

/** `<registry>/<tenant>/<application>@sha256:<hex>` → repository and digest. Throws PodStartError `InvalidImageName`. */
function parseImage(image: string): { repository: string; digest: string } {
  const match = /^[^@]*?([^/@]+\/[^/@]+)@(sha256:[0-9a-f]{64})$/.exec(image);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw new PodStartError('InvalidImageName', `The image \`${image}\` is not pinned: write <registry>/<tenant>/<application>@sha256:<64 hex digits>.`);
  }
  return { repository: match[1], digest: match[2] };
}

/** Unpacked images by digest; one unpack at a time per image. */
export class ImageStore {
  readonly #registry: Registry;
  readonly #folder: string;
  readonly #running = new Map<string, Promise<UnpackedImage>>();

  constructor(registry: Registry, directory: string) {
    this.#registry = registry;
    this.#folder = join(directory, 'images');
    mkdirSync(this.#folder, { recursive: true, mode: 0o700 });
  }

  /** Throws PodStartError `ImagePullFailed` or `InvalidImageName`. */
  async get(image: string): Promise<UnpackedImage> {
    const { repository, digest } = parseImage(image);
    const running = this.#running.get(digest) ?? this.#load(repository, digest).finally(() => this.#running.delete(digest));
    this.#running.set(digest, running);
    return running;
  }

  /** Removes the images that none of these names, and what an interrupted unpack left. */
  retain(images: Iterable<string>): void {
    const wanted = new Set([...images].map((image) => image.split('@sha256:')[1] ?? ''));
    for (const name of readdirSync(this.#folder)) {
      const [hex = '', ...rest] = name.split('.');
      const inUse = rest.length === 0 && wanted.has(hex);
      if (!inUse && !this.#running.has(`sha256:${hex}`)) rmSync(join(this.#folder, name), { recursive: true, force: true });
    }
  }

  async #load(repository: string, digest: string): Promise<UnpackedImage> {
    try {
      return await unpackImage(this.#registry, repository, digest, join(this.#folder, digest.slice('sha256:'.length)));
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      throw new PodStartError('ImagePullFailed', `The image ${repository}@${digest} can't be read from the registry: ${detail}`, { cause: error });
    }
  }
}
