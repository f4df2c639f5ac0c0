import { isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { SecretsError } from './secrets-error.ts';

/** A value in document order; its path holds map keys only, as in SOPS. */
export interface Leaf {
  readonly path: readonly string[];
  readonly value: string | number | bigint | boolean;
}

/** A SOPS file taken apart: its own metadata, and every other leaf. */
export interface SopsFile {
  readonly metadata: unknown;
  readonly leaves: readonly Leaf[];
}

/** SOPS' `encrypted_regex`, the only crypt rule that we write or read. */
export const encryptedRegex = '^(data|stringData)$';

export function isEncryptedPath(path: readonly string[]): boolean {
  return path.some((component) => component === 'data' || component === 'stringData');
}

/** Additional authenticated data of a leaf. */
export function aadOf(path: readonly string[]): string {
  return `${path.join(':')}:`;
}

/** The bytes of an unencrypted leaf as SOPS feeds them to the MAC. */
export function macBytes(value: Leaf['value']): Buffer {
  if (typeof value === 'boolean') return Buffer.from(value ? 'True' : 'False');
  return Buffer.from(String(value));
}

/** Errors: `malformed`. Comments count for nothing, as in SOPS' MAC. */
export function readSopsFile(text: string): SopsFile {
  const document = parseDocument(text, { version: '1.2', uniqueKeys: true });
  if (document.errors.length > 0 || !isMap(document.contents)) {
    throw new SecretsError('malformed', 'This is not one YAML document that holds a map.', { cause: document.errors[0] });
  }
  const leaves: Leaf[] = [];
  let metadata: unknown;
  for (const { key, value } of document.contents.items) {
    const name = keyText(key);
    if (name === 'sops') metadata = (value as { toJS?(document: unknown): unknown } | null)?.toJS?.(document);
    else collect(value, [name], leaves);
  }
  if (typeof metadata !== 'object' || metadata === null) throw new SecretsError('malformed', 'The file has no `sops` metadata. It is not encrypted.');
  return { metadata, leaves };
}

function collect(node: unknown, path: readonly string[], leaves: Leaf[]): void {
  if (isAlias(node)) throw new SecretsError('malformed', 'An encrypted file may not use YAML aliases.');
  if (isMap(node)) {
    for (const { key, value } of node.items) collect(value, [...path, keyText(key)], leaves);
  } else if (isSeq(node)) {
    for (const item of node.items) collect(item, path, leaves);
  } else if (isScalar(node) && node.value !== null && node.value !== undefined) {
    leaves.push({ path, value: node.value as Leaf['value'] });
  }
}

function keyText(key: unknown): string {
  if (!isScalar(key)) throw new SecretsError('malformed', 'Keys of an encrypted file are plain names.');
  return String(key.value);
}
