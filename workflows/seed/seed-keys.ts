import type { KeyObject } from 'node:crypto';
import type { AgeKey } from '../../secrets/index.ts';

export interface SigningKey {
  /** Name in the platform's trust list. */
  readonly id: string;
  /** Ed25519. */
  readonly privateKey: KeyObject;
  /** SubjectPublicKeyInfo, base64 DER. */
  readonly publicKey: string;
}

/** The keys that a seeded state believes. */
export interface SeedKeys {
  /** `ssh-ed25519 …`, which signs the platform's commits. */
  readonly state: { readonly public: string };
  readonly builder: SigningKey;
  readonly license: SigningKey;
  readonly keyEncryption: Pick<AgeKey, 'recipient'>;
  cell(name: string): Promise<Pick<AgeKey, 'recipient'>>;
  breakGlass(tenant: string): Promise<Pick<AgeKey, 'recipient'>>;
}
