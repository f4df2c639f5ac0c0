import { generateKeyPairSync } from 'node:crypto';
import { generateAgeKey } from '../../secrets/index.ts';
import type { AgeKey } from '../../secrets/index.ts';
import type { SeedKeys, SigningKey } from './seed-keys.ts';

/** Keys that are gone with the process: for the example, whose private halves nobody may have, and for tests. */
export async function keysInMemory(ids: { readonly builder: string; readonly license: string }): Promise<SeedKeys> {
  const cells = new Map<string, Promise<AgeKey>>();
  const breakGlass = new Map<string, Promise<AgeKey>>();
  return {
    state: { public: sshLine(generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' })) },
    builder: signingKey(ids.builder),
    license: signingKey(ids.license),
    keyEncryption: await generateAgeKey(),
    cell: async (name) => once(cells, name),
    breakGlass: async (tenant) => once(breakGlass, tenant),
  };
}

async function once(keys: Map<string, Promise<AgeKey>>, name: string): Promise<AgeKey> {
  const key = keys.get(name) ?? generateAgeKey();
  keys.set(name, key);
  return key;
}

function signingKey(id: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return { id, privateKey, publicKey: publicKey.export({ format: 'der', type: 'spki' }).toString('base64') };
}

/** OpenSSH's public form: two strings with their lengths; the key is the end of its SubjectPublicKeyInfo. */
function sshLine(spki: Buffer): string {
  const strings = [Buffer.from('ssh-ed25519'), spki.subarray(-32)];
  const blob = strings.flatMap((value) => [Buffer.from([0, 0, 0, value.length]), value]);
  return `ssh-ed25519 ${Buffer.concat(blob).toString('base64')}`;
}
