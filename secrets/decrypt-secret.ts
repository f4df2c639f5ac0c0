import { createHash, timingSafeEqual } from 'node:crypto';
import { openBytes } from './open.ts';
import { SecretsError } from './secrets-error.ts';
import { aadOf, encryptedRegex, isEncryptedPath, macBytes, readSopsFile } from './sops-leaves.ts';
import type { SopsFile } from './sops-leaves.ts';
import { decryptValue } from './sops-value.ts';

interface Metadata {
  readonly age: readonly { readonly enc: string }[];
  readonly lastmodified: string;
  readonly mac: string;
}

/**
 * The entries of a SOPS Secret in clear. The MAC over the whole file is always checked (Flux does not).
 * Errors: `malformed`, `bad_identity`, `no_identity`, `value_tampered`, `mac_missing`, `mac_mismatch`.
 */
export async function decryptSecret(text: string, identities: readonly string[]): Promise<Record<string, string>> {
  const file = readSopsFile(text);
  return readEntries(file, await openDataKey(metadataOf(file.metadata), identities));
}

/** As `decryptSecret`, for a data key that has been opened already. */
export function readEntries(file: SopsFile, dataKey: Uint8Array): Record<string, string> {
  const hash = createHash('sha512');
  const entries: [string, string][] = [];
  for (const { path, value } of file.leaves) {
    const plain = isEncryptedPath(path) ? decryptValue(encryptedText(value, path), dataKey, aadOf(path)) : macBytes(value);
    hash.update(plain);
    const [root, key, ...deeper] = path;
    if (root === 'stringData' && key !== undefined && deeper.length === 0) entries.push([key, plain.toString('utf8')]);
  }
  checkMac(metadataOf(file.metadata), dataKey, hash.digest('hex').toUpperCase());
  // Object.fromEntries defines properties, so that an entry named __proto__ is an entry.
  return Object.fromEntries(entries);
}

function checkMac(metadata: Metadata, dataKey: Uint8Array, expected: string): void {
  let mac: Buffer;
  try {
    mac = decryptValue(metadata.mac, dataKey, metadata.lastmodified);
  } catch (cause) {
    throw new SecretsError('mac_mismatch', mismatch, { cause });
  }
  const computed = Buffer.from(expected);
  if (mac.length !== computed.length || !timingSafeEqual(mac, computed)) throw new SecretsError('mac_mismatch', mismatch);
}
const mismatch = 'The file was changed after it was encrypted: its checksum (MAC) does not fit. Write the secret again.';

function metadataOf(value: unknown): Metadata {
  const { age, lastmodified, mac, encrypted_regex: regex, mac_only_encrypted: partial } = value as Record<string, unknown>;
  if (typeof mac !== 'string' || mac === '') throw new SecretsError('mac_missing', 'The file has no checksum (MAC), so changes to it would go unseen. Write the secret again.');
  if (regex !== encryptedRegex || partial === true) throw new SecretsError('malformed', `The file must be encrypted with encrypted_regex ${encryptedRegex} and a MAC over all values.`);
  if (typeof lastmodified !== 'string' || !Array.isArray(age)) throw new SecretsError('malformed', 'The `sops` metadata lacks `lastmodified` or `age`.');
  const keys = age as readonly unknown[];
  if (!keys.every((entry): entry is { enc: string } => typeof (entry as { enc?: unknown } | null)?.enc === 'string')) {
    throw new SecretsError('malformed', 'An entry of `sops.age` lacks `enc`.');
  }
  return { age: keys, lastmodified, mac };
}

async function openDataKey(metadata: Metadata, identities: readonly string[]): Promise<Uint8Array> {
  for (const { enc } of metadata.age) {
    const dataKey = await openBytes(enc, identities).catch((error: unknown) => {
      if (error instanceof SecretsError && error.code === 'no_identity') return undefined;
      throw error;
    });
    if (dataKey?.length === 32) return dataKey;
    if (dataKey !== undefined) throw new SecretsError('malformed', 'The data key has the wrong length.');
  }
  throw new SecretsError('no_identity', 'None of the given identities opens this secret. Use the key of its environment, or the break-glass key.');
}

function encryptedText(value: unknown, path: readonly string[]): string {
  if (typeof value === 'string') return value;
  throw new SecretsError('malformed', `The value at ${aadOf(path)} is not encrypted. Encrypt it again.`);
}
