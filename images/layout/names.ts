import { join } from 'node:path';
import { ImageError } from '../image-error.ts';

const repositoryName = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const tagName = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;
const digestName = /^sha256:([0-9a-f]{64})$/;

/** The repository's folder. `blobs` is a folder of every layout, so no part of a name may be it. Throws `name_invalid`. */
export function repositoryFolder(directory: string, repository: string): string {
  if (!repositoryName.test(repository) || repository.length > 255 || repository.split('/').includes('blobs')) {
    throw new ImageError('name_invalid', `"${repository}" is not a repository's name. Use lower-case letters, digits and single separators, such as acme/orders.`);
  }
  return join(directory, repository);
}

/** Throws `tag_invalid`. */
export function checkTag(tag: string): void {
  if (!tagName.test(tag)) throw new ImageError('tag_invalid', `"${tag}" is not a tag. Use letters, digits, "_", "." and "-", at most 128.`);
}

/** The hex part. Throws `digest_mismatch`: such a digest can't be any content's. */
export function hexOf(digest: string): string {
  const hex = digestName.exec(digest)?.[1];
  if (hex === undefined) throw new ImageError('digest_mismatch', `"${digest}" is not a SHA-256 digest.`);
  return hex;
}

export function isDigest(reference: string): boolean {
  return digestName.test(reference);
}
