import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { access, link, readFile, stat, type FileHandle } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { ImageError } from '../image-error.ts';
import { digestOf } from '../layers/json-blob.ts';
import type { Descriptor, Registry } from '../registry.ts';
import { removeLeftovers } from '../temporary-files.ts';
import { flushFolder, makeFolder, writeDurably } from './durable-file.ts';
import { readIndex, refName, withManifest, writeIndex } from './layout-index.ts';
import { checkTag, hexOf, isDigest, repositoryFolder } from './names.ts';

/** Writers of one repository's index.json go one after the other, also those of several registries on one directory. */
const queues = new Map<string, Promise<unknown>>();

/**
 * A registry in a directory: each repository is a standard OCI image layout (`<directory>/acme/orders`), which other tools
 * can read. What was stored survives a crash. Only one process writes at a time.
 */
export async function openLayoutRegistry(directory: string): Promise<Registry> {
  const root = resolve(directory);
  await makeFolder(root);
  await removeLeftovers(join(root, '.uploads'));
  return new LayoutRegistry(root);
}

class LayoutRegistry implements Registry {
  readonly #root: string;
  readonly #uploads: string;

  constructor(root: string) {
    this.#root = root;
    this.#uploads = join(root, '.uploads');
  }

  async hasBlob(repository: string, digest: string): Promise<boolean> {
    return exists(this.#blob(repository, digest));
  }

  async putBlob(repository: string, descriptor: Descriptor, content: Readable): Promise<void> {
    const path = this.#blob(repository, descriptor.digest);
    await writeDurably(path, this.#uploads, (file) => writeVerified(file, descriptor, content));
  }

  async mountBlob(repository: string, digest: string, from: string): Promise<boolean> {
    const target = this.#blob(repository, digest);
    const source = this.#blob(from, digest);
    if (await exists(target)) return true;
    if (!(await exists(source))) return false;
    await makeFolder(join(target, '..'));
    try {
      await link(source, target);
    } catch (error) {
      // A file system without hard links: the caller copies.
      return (error as NodeJS.ErrnoException).code === 'EEXIST';
    }
    await flushFolder(join(target, '..'));
    return true;
  }

  async getBlob(repository: string, digest: string): Promise<Readable> {
    const path = this.#blob(repository, digest);
    if (!(await exists(path))) throw new ImageError('blob_unknown', `The repository ${repository} has no blob ${digest}.`);
    return createReadStream(path, { highWaterMark: 1024 * 1024 });
  }

  async putManifest(repository: string, mediaType: string, bytes: Uint8Array, tag?: string): Promise<Descriptor> {
    if (tag !== undefined) checkTag(tag);
    const folder = repositoryFolder(this.#root, repository);
    await this.#checkBlobs(repository, bytes);
    const descriptor: Descriptor = { mediaType, digest: digestOf(bytes), size: bytes.length };
    const path = this.#blob(repository, descriptor.digest);
    if (!(await exists(path))) await writeDurably(path, this.#uploads, (file) => file.writeFile(bytes));
    await inTurn(folder, async () => {
      if (!(await exists(join(folder, 'oci-layout')))) {
        await writeDurably(join(folder, 'oci-layout'), this.#uploads, (file) => file.writeFile('{"imageLayoutVersion":"1.0.0"}\n'));
      }
      await writeIndex(folder, this.#uploads, withManifest(await readIndex(folder), descriptor, tag));
    });
    return descriptor;
  }

  async getManifest(repository: string, reference: string): Promise<{ descriptor: Descriptor; bytes: Uint8Array } | undefined> {
    if (!isDigest(reference)) checkTag(reference);
    const manifests = await readIndex(repositoryFolder(this.#root, repository));
    const found = manifests.find((each) => (isDigest(reference) ? each.digest === reference : each.annotations?.[refName] === reference));
    if (found === undefined) return undefined;
    const bytes = await readFile(this.#blob(repository, found.digest));
    if (digestOf(bytes) !== found.digest) throw new ImageError('digest_mismatch', `The manifest ${found.digest} of ${repository} has other content than its name says. Upload the release again.`);
    return { descriptor: { mediaType: found.mediaType, digest: found.digest, size: found.size }, bytes };
  }

  async listTags(repository: string): Promise<readonly string[]> {
    const manifests = await readIndex(repositoryFolder(this.#root, repository));
    return manifests.map((each) => each.annotations?.[refName]).filter((tag) => tag !== undefined).sort();
  }

  #blob(repository: string, digest: string): string {
    return join(repositoryFolder(this.#root, repository), 'blobs/sha256', hexOf(digest));
  }

  async #checkBlobs(repository: string, bytes: Uint8Array): Promise<void> {
    const manifest = JSON.parse(Buffer.from(bytes).toString('utf8')) as { config?: Descriptor; layers?: readonly Descriptor[]; manifests?: readonly Descriptor[] };
    for (const { digest, size } of [manifest.config, ...(manifest.layers ?? []), ...(manifest.manifests ?? [])].filter((each) => each !== undefined)) {
      const blob = await stat(this.#blob(repository, digest)).catch(() => undefined);
      if (blob?.size !== size) throw new ImageError('blob_unknown', `The manifest names a blob that ${repository} doesn't have: ${digest} of ${size} bytes. Store the blobs first.`);
    }
  }
}

async function writeVerified(file: FileHandle, descriptor: Descriptor, content: Readable): Promise<void> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of content as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > descriptor.size) break;
    hash.update(chunk);
    let written = 0;
    while (written < chunk.length) written += (await file.write(chunk, written)).bytesWritten;
  }
  if (size !== descriptor.size || `sha256:${hash.digest('hex')}` !== descriptor.digest) {
    throw new ImageError('digest_mismatch', `The content is not ${descriptor.digest} of ${descriptor.size} bytes. Send it again.`);
  }
}

function inTurn<T>(key: string, work: () => Promise<T>): Promise<T> {
  const turn = (queues.get(key) ?? Promise.resolve()).then(work, work);
  const settled = turn.then(() => undefined, () => undefined);
  queues.set(key, settled);
  void settled.then(() => {
    if (queues.get(key) === settled) queues.delete(key);
  });
  return turn;
}

function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
