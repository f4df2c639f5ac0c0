import type { KeyObject } from 'node:crypto';
import { SignJWT } from 'jose';
import { claimsOfTerms } from './license-terms.ts';
import type { LicenseTerms } from './license-terms.ts';

export interface LicenseKey {
  /** Id in the platform's `trust.license`; becomes the token's `kid`. */
  readonly id: string;
  /** Ed25519. */
  readonly privateKey: KeyObject;
}

/** A licence token: JWS in compact form, EdDSA, `typ: license+jwt`. The same terms give the same token. */
export async function signLicense(terms: LicenseTerms, tenant: string, key: LicenseKey): Promise<string> {
  return new SignJWT({ ...claimsOfTerms(terms, tenant) })
    .setProtectedHeader({ alg: 'EdDSA', kid: key.id, typ: 'license+jwt' })
    .sign(key.privateKey);
}
