import { createPrivateKey, createPublicKey, randomBytes } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { GitError } from './git-error.ts';
import { readStrings, sshString, uint32 } from './ssh-wire.ts';

/** An Ed25519 key that signs commits. `publicLine` is `ssh-ed25519 AAAA…`, as an allowed-signers file wants it. */
export interface StateKey {
  readonly privateKey: KeyObject;
  /** 32 bytes. */
  readonly publicBytes: Buffer;
  readonly publicLine: string;
}

const pkcs8Prefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const magic = Buffer.from('openssh-key-v1\0');
const algorithm = Buffer.from('ssh-ed25519');

function keyFromSeed(seed: Uint8Array): StateKey {
  const privateKey = createPrivateKey({ key: Buffer.concat([pkcs8Prefix, seed]), format: 'der', type: 'pkcs8' });
  return describe(privateKey);
}

function describe(privateKey: KeyObject): StateKey {
  if (privateKey.asymmetricKeyType !== 'ed25519') throw new GitError('key_invalid', 'The state key is not an Ed25519 key. Make one with ssh-keygen -t ed25519.');
  const publicBytes = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32);
  return { privateKey, publicBytes, publicLine: publicLine(publicBytes) };
}

function publicBlob(publicBytes: Uint8Array): Buffer {
  return Buffer.concat([sshString(algorithm), sshString(publicBytes)]);
}

export function publicLine(publicBytes: Uint8Array): string {
  return `ssh-ed25519 ${publicBlob(publicBytes).toString('base64')}`;
}

/** The 32 bytes behind `ssh-ed25519 AAAA… [comment]`; `undefined` when it is something else. */
export function publicBytesOf(line: string): Buffer | undefined {
  const [type, encoded] = line.trim().split(/\s+/);
  if (type !== 'ssh-ed25519' || encoded === undefined) return undefined;
  const [, key] = readStrings(Buffer.from(encoded, 'base64'), 0, 2) ?? [];
  return key?.length === 32 ? key : undefined;
}

/** A new key: the private half in OpenSSH's format (as `ssh-keygen -t ed25519 -N ''` writes it), the public half as a line. */
export function generateStateKey(seed: Uint8Array = randomBytes(32)): { readonly private: string; readonly public: string } {
  if (seed.length !== 32) throw new TypeError('The seed of an Ed25519 key has 32 bytes.');
  const key = keyFromSeed(seed);
  const check = key.publicBytes.subarray(0, 4);
  const body = Buffer.concat([check, check, publicBlob(key.publicBytes), sshString(Buffer.concat([seed, key.publicBytes])), sshString('cameleer-state')]);
  const padding = Buffer.from(Array.from({ length: (8 - (body.length % 8)) % 8 }, (_, index) => index + 1));
  const none = sshString('none');
  const file = Buffer.concat([magic, none, none, sshString(''), uint32(1), sshString(publicBlob(key.publicBytes)), sshString(Buffer.concat([body, padding]))]);
  const lines = file.toString('base64').replaceAll(/(.{70})/g, '$1\n').trimEnd();
  return { private: `-----BEGIN OPENSSH PRIVATE KEY-----\n${lines}\n-----END OPENSSH PRIVATE KEY-----\n`, public: key.publicLine };
}

/** PROTOCOL.key: cipher, derivation, its options, number of keys, public key, private part (check, check, type, public, secret). */
function seedOfOpenSsh(text: string): Buffer | undefined {
  const file = Buffer.from(text.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  if (!file.subarray(0, magic.length).equals(magic)) return undefined;
  const settings = readStrings(file, magic.length, 3) ?? [];
  if (settings[0]?.toString() !== 'none') return undefined;
  const keysAt = magic.length + settings.reduce((sum, part) => sum + 4 + part.length, 4);
  const [, body = Buffer.alloc(0)] = readStrings(file, keysAt, 2) ?? [];
  const [name, , secret] = readStrings(body, 8, 3) ?? [];
  return name?.equals(algorithm) === true && secret?.length === 64 ? secret.subarray(0, 32) : undefined;
}

/** Reads OpenSSH's private format, PKCS #8 PEM, or a 32-byte seed. Throws `key_invalid`. */
export function readStateKey(source: string | Uint8Array): StateKey {
  if (typeof source !== 'string') {
    if (source.length !== 32) throw new GitError('key_invalid', 'The seed of an Ed25519 key has 32 bytes.');
    return keyFromSeed(source);
  }
  if (source.includes('BEGIN OPENSSH PRIVATE KEY')) {
    const seed = seedOfOpenSsh(source);
    if (seed === undefined) throw new GitError('key_invalid', 'The state key is not an unencrypted Ed25519 key. Make one with ssh-keygen -t ed25519 -N "".');
    return keyFromSeed(seed);
  }
  try {
    return describe(createPrivateKey(source));
  } catch (cause) {
    if (cause instanceof GitError) throw cause;
    throw new GitError('key_invalid', 'The state key can not be read. Give an OpenSSH or PKCS #8 private key without a passphrase.', { cause });
  }
}
