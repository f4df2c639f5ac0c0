import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import type { ParsedCommit } from './commit-object.ts';
import { readStrings, sshString, uint32 } from './ssh-wire.ts';
import type { StateKey } from './state-key.ts';

const magic = Buffer.from('SSHSIG');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const commits = 'git';

function signedData(namespace: string, hashName: 'sha512' | 'sha256', payload: Uint8Array): Buffer {
  const digest = createHash(hashName).update(payload).digest();
  return Buffer.concat([magic, sshString(namespace), sshString(''), sshString(hashName), sshString(digest)]);
}

/** Signature in OpenSSH's SSHSIG format (PROTOCOL.sshsig), by default in the namespace of commits; the same bytes each time. */
export function signSsh(payload: Uint8Array, key: StateKey, namespace = commits): string {
  const raw = sign(null, signedData(namespace, 'sha512', payload), key.privateKey);
  const publicKey = Buffer.concat([sshString('ssh-ed25519'), sshString(key.publicBytes)]);
  const signature = Buffer.concat([sshString('ssh-ed25519'), sshString(raw)]);
  const blob = Buffer.concat([magic, uint32(1), sshString(publicKey), sshString(namespace), sshString(''), sshString('sha512'), sshString(signature)]);
  const lines = blob.toString('base64').replaceAll(/(.{70})/g, '$1\n').trimEnd();
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

/** The key and signature bytes of an SSHSIG of an Ed25519 key in the namespace. */
function partsOf(armor: string, namespace: string): { readonly publicKey: Buffer; readonly hash: 'sha512' | 'sha256'; readonly signature: Buffer } | undefined {
  const blob = Buffer.from(armor.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  if (blob.length < 10 || !blob.subarray(0, 6).equals(magic) || blob.readUInt32BE(6) !== 1) return undefined;
  const [wrappedKey, space, , hashName, wrappedSignature] = readStrings(blob, 10, 5) ?? [];
  const hash = hashName?.toString();
  if (space?.toString() !== namespace || (hash !== 'sha512' && hash !== 'sha256')) return undefined;
  const publicKey = unwrap(wrappedKey, 32);
  const signature = unwrap(wrappedSignature, 64);
  return publicKey === undefined || signature === undefined ? undefined : { publicKey, hash, signature };
}

function unwrap(wrapped: Buffer | undefined, length: number): Buffer | undefined {
  const [type, value] = (wrapped && readStrings(wrapped, 0, 2)) ?? [];
  return type?.toString() === 'ssh-ed25519' && value?.length === length ? value : undefined;
}

/** The 32-byte Ed25519 key that made this signature over the payload; `undefined` when it is not valid or of another kind. */
export function verifySsh(payload: Uint8Array, armor: string, namespace = commits): Buffer | undefined {
  const parts = partsOf(armor, namespace);
  if (parts === undefined) return undefined;
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, parts.publicKey]), format: 'der', type: 'spki' });
  return verify(null, signedData(namespace, parts.hash, payload), key, parts.signature) ? parts.publicKey : undefined;
}

/** The key whose valid signature the commit carries, if any. */
export function signerOf({ signature }: Pick<ParsedCommit, 'signature'>): Buffer | undefined {
  return signature === undefined ? undefined : verifySsh(signature.payload, signature.armor);
}
