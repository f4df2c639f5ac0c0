import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { generateStateKey, readStateKey } from '../engine/git/index.ts';
import { generateAgeKey } from '../secrets/index.ts';

export interface SigningKey {
  /** Name under which the platform's trust list carries the public half. */
  readonly id: string;
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, base64 DER, as `platform.yaml` has it. */
  readonly publicKey: string;
}

export interface AgeKey {
  readonly identity: string;
  readonly recipient: string;
}

/** Every private key of this installation; made at the first start, mode 0600, in `<data>/keys`. */
export interface Keys {
  /** Signs the platform's commits: the private half as OpenSSH text, the public half as `ssh-ed25519 …`. */
  readonly state: { readonly private: string; readonly public: string };
  readonly builder: SigningKey;
  /** A development root: production refuses licences under it. */
  readonly license: SigningKey;
  /** Environment keys are sealed to it for the audited reveal. */
  readonly keyEncryption: AgeKey;
  /** The key that opens the environment keys of one cell. */
  cell(name: string): Promise<AgeKey>;
  /** The escrowed key of one tenant; every Secret of the tenant is encrypted to it as well. */
  breakGlass(tenant: string): Promise<AgeKey>;
}

/** Opens the key folder, making what is missing. */
export async function openKeys(directory: string): Promise<Keys> {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const state = readOrWrite(join(directory, 'state'), generateStateKey().private);
  return {
    state: { private: state, public: readStateKey(state).publicLine },
    builder: signing('builder', join(directory, 'builder.pem')),
    license: signing('license-development', join(directory, 'license-development.pem')),
    keyEncryption: await age(join(directory, 'key-encryption.age')),
    cell: (name) => age(join(directory, `cell-${name}.age`)),
    breakGlass: (tenant) => age(join(directory, `break-glass-${tenant}.age`)),
  };
}

function signing(id: string, path: string): SigningKey {
  const privateKey = ed25519(path);
  return { id, privateKey, publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'der' }).toString('base64') };
}

function ed25519(path: string): KeyObject {
  return createPrivateKey(readOrWrite(path, generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()));
}

async function age(path: string): Promise<AgeKey> {
  const fresh = await generateAgeKey();
  const [identity = '', recipient = ''] = readOrWrite(path, `${fresh.identity}\n${fresh.recipient}\n`).split('\n');
  return { identity, recipient };
}

/** The file's text; written durably first when there is none. Complete or absent, whenever the process dies. */
function readOrWrite(path: string, fresh: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const draft = `${path}.${process.pid}.tmp`;
  const file = openSync(draft, 'w', 0o600);
  try {
    writeSync(file, fresh);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path, 'utf8');
}
