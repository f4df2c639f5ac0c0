import { createPublicKey } from 'node:crypto';
import { compactVerify, decodeProtectedHeader } from 'jose';
import type { PublicKey } from '../../schemas/index.ts';
import { LicenseError } from './license-error.ts';
import { termsOfClaims } from './license-terms.ts';
import type { LicenseClaims, LicenseTerms } from './license-terms.ts';

/** The ladder: `grace` freezes changes, never running integrations; `expired` is the hard end. */
export type LicenseStatus = 'not_yet_valid' | 'valid' | 'grace' | 'expired';

export interface VerifiedLicense {
  readonly terms: LicenseTerms;
  readonly status: LicenseStatus;
  /** Id of the key that signed it. */
  readonly key: string;
  readonly development: boolean;
}

export interface VerifyLicenseOptions {
  readonly tenant: string;
  /** The platform's `trust.license`. */
  readonly trust: readonly PublicKey[];
  readonly now: Date;
  /** Whether licences of a development root count; never in production. */
  readonly allowDevelopment: boolean;
}

/** Checks form, key, signature and tenant; time is answered, not refused. Errors: `LicenseError`. */
export async function verifyLicense(token: string, options: VerifyLicenseOptions): Promise<VerifiedLicense> {
  const key = keyOf(token, options);
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey, 'base64'), format: 'der', type: 'spki' });
  const { payload } = await compactVerify(token, publicKey, { algorithms: ['EdDSA'] }).catch((cause: unknown) => {
    throw new LicenseError('license_bad_signature', `The licence's signature does not fit the key ${key.id}. Ask for a new licence.`, { cause });
  });
  const claims = JSON.parse(new TextDecoder().decode(payload)) as Partial<LicenseClaims>;
  if (claims.sub !== options.tenant) throw new LicenseError('license_wrong_tenant', `This licence was issued to another tenant than ${options.tenant}.`);
  const terms = termsOfClaims(claims);
  return { terms, status: licenseStatus(terms, options.now), key: key.id, development: key.development === true };
}

/** Where on the ladder the terms stand; ask at every decision, not by a timer. */
export function licenseStatus(terms: LicenseTerms, now: Date): LicenseStatus {
  const time = now.getTime();
  if (time < Date.parse(terms.notBefore)) return 'not_yet_valid';
  if (time < Date.parse(terms.expires)) return 'valid';
  return time < Date.parse(terms.graceUntil) ? 'grace' : 'expired';
}

function keyOf(token: string, { trust, allowDevelopment }: VerifyLicenseOptions): PublicKey {
  let header: { alg?: string; typ?: string; kid?: string };
  try {
    header = decodeProtectedHeader(token);
  } catch (cause) {
    throw new LicenseError('license_malformed', 'This is no licence token.', { cause });
  }
  if (header.typ !== 'license+jwt' || header.alg !== 'EdDSA') throw new LicenseError('license_malformed', 'This token is no licence.');
  const key = trust.find(({ id }) => id === header.kid);
  if (key === undefined) throw new LicenseError('license_unknown_key', 'The licence was signed by a key that this installation does not trust.');
  if (key.development === true && !allowDevelopment) {
    throw new LicenseError('license_development_key', 'The licence was issued by a development root, which production refuses. Install a licence of the vendor.');
  }
  return key;
}
