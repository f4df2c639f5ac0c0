import { createPublicKey, type KeyObject } from 'node:crypto';
import type { PublicKey } from './types.ts';

// Reading a key costs as much as verifying with it; the platform trusts a handful.
const known = new Map<string, KeyObject | undefined>();
const MOST = 64;

/** The Ed25519 key of an id among the trusted ones; undefined when the id isn't there or its key isn't Ed25519. */
export function trustedKey(keys: readonly PublicKey[], id: string): KeyObject | undefined {
  const text = keys.find((each) => each.id === id)?.publicKey;
  return text === undefined ? undefined : readKey(text);
}

/** Whether an id is among the trusted keys, readable or not. */
export function trusts(keys: readonly PublicKey[], id: string): boolean {
  return keys.some((each) => each.id === id);
}

/** An Ed25519 key from its base64 SubjectPublicKeyInfo; undefined when it is none. */
export function readKey(text: string): KeyObject | undefined {
  if (known.has(text)) return known.get(text);
  const key = parse(text);
  if (known.size >= MOST) known.clear();
  known.set(text, key);
  return key;
}

function parse(text: string): KeyObject | undefined {
  try {
    const bytes = Buffer.from(text, 'base64');
    // Base64 has several texts for the same bytes; one of them is the key's, the others are mistakes.
    if (bytes.toString('base64') !== text) return undefined;
    const key = createPublicKey({ key: bytes, format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'ed25519' ? key : undefined;
  } catch {
    return undefined;
  }
}
