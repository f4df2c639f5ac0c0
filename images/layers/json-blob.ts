import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { ImageError } from '../image-error.ts';
import type { Descriptor, Registry } from '../registry.ts';

export function digestOf(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/** Stores a small JSON document as a blob. */
export async function putJsonBlob(registry: Registry, repository: string, blob: { readonly mediaType: string; readonly value: unknown }): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(blob.value));
  const descriptor = { mediaType: blob.mediaType, digest: digestOf(bytes), size: bytes.length };
  if (!(await registry.hasBlob(repository, descriptor.digest))) await registry.putBlob(repository, descriptor, Readable.from([bytes]));
  return descriptor;
}

const maxJsonBytes = 8 * 1024 * 1024;

/** Reads and verifies a JSON blob. Throws ImageError `digest_mismatch`. */
export async function getJsonBlob(registry: Registry, repository: string, digest: string): Promise<unknown> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of (await registry.getBlob(repository, digest)) as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > maxJsonBytes) throw new ImageError('digest_mismatch', `The blob ${digest} is larger than a configuration can be.`);
    parts.push(part);
  }
  const bytes = Buffer.concat(parts);
  if (digestOf(bytes) !== digest) throw new ImageError('digest_mismatch', `The blob ${digest} in the registry has other content than its name says. Upload the release again.`);
  return JSON.parse(bytes.toString('utf8'));
}
