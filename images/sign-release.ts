import { sign, type KeyObject } from 'node:crypto';
import { releasePayload, type SignableRelease } from '../schemas/release-payload.ts';
import type { Release } from '../schemas/types.ts';

export interface SignRequest {
  readonly tenant: string;
  readonly application: string;
  readonly release: SignableRelease;
  /** `id` as in the platform's `trust.builder`; an Ed25519 private key. */
  readonly key: { readonly id: string; readonly privateKey: KeyObject };
}

/** The Release with the builder's signature over its RFC 8785 form. Throws TypeError when the key is not Ed25519. */
export function signRelease({ tenant, application, release, key }: SignRequest): Release {
  if (key.privateKey.asymmetricKeyType !== 'ed25519') throw new TypeError('Releases are signed with an Ed25519 key.');
  const value = sign(null, releasePayload(tenant, application, release), key.privateKey).toString('base64');
  return { ...release, spec: { ...release.spec, signature: { key: key.id, value } } };
}
