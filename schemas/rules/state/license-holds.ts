import { verify, type KeyObject } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import type { Problem } from '../../problem.ts';
import { holdsUnder } from '../../signatures.ts';
import type { Loaded } from '../../state.ts';
import { trustedKey, trusts } from '../../trusted-key.ts';
import type { PublicKey } from '../../types.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** The licence's token is the vendor's, for this tenant, and says what the readable terms say. Whether it has run out depends on the day, so it is no matter of the state. */
export const licenseHolds: StateRule = {
  codes: ['license_malformed', 'license_untrusted', 'license_forged', 'license_of_another_tenant', 'license_terms_differ', 'license_tier_differs', 'license_dates'],
  * check({ platform, tenant: { id, license, tenant } }) {
    if (license === undefined) return;
    const { terms } = license.object.spec;
    if (tenant !== undefined && platform.tiers.has(tenant.object.spec.tier) && terms.tier !== tenant.object.spec.tier) {
      yield problemAt(license, '/spec/terms/tier', 'license_tier_differs', `The licence is for tier \`${terms.tier}\`, and the tenant is on \`${tenant.object.spec.tier}\`. Change the tier in tenant.yaml together with a licence for it.`);
    }
    if (terms.notBefore >= terms.expires || terms.expires > terms.graceUntil) {
      yield problemAt(license, '/spec/terms/expires', 'license_dates', 'The dates are out of order. They must be: notBefore, then expires, then graceUntil. Ask the vendor for a new licence.');
    }
    if (platform.platform !== undefined) yield* checkToken(platform.platform.object.spec.trust.license, license, id);
  },
};

/** The trusted key that the token names; undefined when it is not trusted or can't be read. */
export function licenseKey(trusted: readonly PublicKey[], license: Loaded<'License'>): KeyObject | undefined {
  return trustedKey(trusted, keyIdOf(decodePart(license.object.spec.token.split('.')[0] ?? '') ?? {}));
}

function keyIdOf({ kid }: Readonly<Record<string, unknown>>): string {
  return typeof kid === 'string' ? kid : 'no key';
}

function* checkToken(trusted: readonly PublicKey[], license: Loaded<'License'>, tenant: string): Iterable<Problem> {
  const [header = '', payload = '', signature = ''] = license.object.spec.token.split('.');
  const says = decodePart(header);
  const claims = decodePart(payload);
  if (says === undefined || claims === undefined || says['typ'] !== 'license+jwt' || says['alg'] !== 'EdDSA') {
    yield problemAt(license, '/spec/token', 'license_malformed', 'The token is no licence token (JWS, EdDSA, typ license+jwt). Copy it again, whole.');
    return;
  }
  const id = keyIdOf(says);
  const key = trustedKey(trusted, id);
  if (key === undefined) {
    const remedy = trusts(trusted, id) ? 'whose key in platform.yaml can\'t be read. Correct it there' : 'which is not one of platform.yaml\'s spec.trust.license. Ask the vendor for a licence under a trusted key';
    yield problemAt(license, '/spec/token', 'license_untrusted', `The token is signed by \`${id}\`, ${remedy}.`);
  } else if (!holdsUnder(license, key, () => verify(null, Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')))) {
    yield problemAt(license, '/spec/token', 'license_forged', 'The token\'s signature does not hold: a character of it was changed. Copy it again, whole.');
  } else yield* checkClaims(license, claims, tenant);
}

function* checkClaims(license: Loaded<'License'>, claims: Readonly<Record<string, unknown>>, tenant: string): Iterable<Problem> {
  if (claims['sub'] !== tenant) {
    yield problemAt(license, '/spec/token', 'license_of_another_tenant', 'The token is another tenant\'s licence. Use the one issued for this tenant.');
    return;
  }
  const { notBefore, expires, graceUntil, ...plain } = license.object.spec.terms;
  const expected: Record<string, unknown> = { ...plain, nbf: seconds(notBefore), exp: seconds(expires), grace_until: seconds(graceUntil) };
  for (const [claim, value] of Object.entries(expected)) {
    if (isDeepStrictEqual(claims[claim], value)) continue;
    const pointer = `/spec/terms/${terms[claim] ?? claim}`;
    yield problemAt(license, pointer, 'license_terms_differ', `The token says otherwise: ${JSON.stringify(claims[claim]) ?? 'nothing'}. What holds is the token: correct the readable terms, or ask the vendor for another licence.`);
  }
}

const terms: Readonly<Record<string, string>> = { nbf: 'notBefore', exp: 'expires', grace_until: 'graceUntil' };

function seconds(timestamp: string): number {
  return Date.parse(timestamp) / 1000;
}

function decodePart(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
