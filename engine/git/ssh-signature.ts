import { createHash, createPublicKey, sign, verify } from 'node:crypto';
import { readString, sshString, uint32 } from './ssh-wire.ts';
import type { StateKey } from './state-key.ts';

const magic = Buffer.from('SSHSIG');
const spkiPrefix = Buffer.from('302a300506032b6570032100', 'hex');
const namespace = 'git';

function signedData(hashName: 'sha512' | 'sha256', payload: Uint8Array): Buffer {
  const digest = createHash(hashName).update(payload).digest();
  return Buffer.concat([magic, sshString(namespace), sshString(''), sshString(hashName), sshString(digest)]);
}

/** Signature in OpenSSH's SSHSIG format (PROTOCOL.sshsig), namespace `git`; the same bytes each time. */
export function signSsh(payload: Uint8Array, key: StateKey): string {
  const raw = sign(null, signedData('sha512', payload), key.privateKey);
  const publicKey = Buffer.concat([sshString('ssh-ed25519'), sshString(key.publicBytes)]);
  const signature = Buffer.concat([sshString('ssh-ed25519'), sshString(raw)]);
  const blob = Buffer.concat([magic, uint32(1), sshString(publicKey), sshString(namespace), sshString(''), sshString('sha512'), sshString(signature)]);
  const lines = blob.toString('base64').replaceAll(/(.{70})/g, '$1\n').trimEnd();
  return `-----BEGIN SSH SIGNATURE-----\n${lines}\n-----END SSH SIGNATURE-----\n`;
}

function fieldsOf(armor: string): Buffer[] | undefined {
  const blob = Buffer.from(armor.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  if (!blob.subarray(0, 6).equals(magic) || blob.length < 10 || blob.readUInt32BE(6) !== 1) return undefined;
  const fields: Buffer[] = [];
  for (let at = 10; fields.length < 5; ) {
    const field = readString(blob, at);
    if (field === undefined) return undefined;
    fields.push(field.value);
    at = field.next;
  }
  return fields;
}

function lastString(wrapped: Buffer): Buffer | undefined {
  const type = readString(wrapped, 0);
  return type?.value.toString() === 'ssh-ed25519' ? readString(wrapped, type.next)?.value : undefined;
}

/** The 32-byte Ed25519 key that made this signature over the payload; `undefined` when it is not valid or of another kind. */
export function verifySsh(payload: Uint8Array, armor: string): Buffer | undefined {
  const [publicKey, space, , hashName, signature] = fieldsOf(armor) ?? [];
  if (publicKey === undefined || hashName === undefined || signature === undefined || space?.toString() !== namespace) return undefined;
  const hash = hashName.toString();
  const keyBytes = lastString(publicKey);
  const raw = lastString(signature);
  if (keyBytes?.length !== 32 || raw?.length !== 64 || (hash !== 'sha512' && hash !== 'sha256')) return undefined;
  const key = createPublicKey({ key: Buffer.concat([spkiPrefix, keyBytes]), format: 'der', type: 'spki' });
  return verify(null, signedData(hash, payload), key, raw) ? keyBytes : undefined;
}
