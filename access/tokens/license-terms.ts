import type { License } from '../../schemas/index.ts';
import { LicenseError } from './license-error.ts';

/** What a licence grants; stands readable in `license.yaml` and signed in its token. */
export type LicenseTerms = License['spec']['terms'];

/** Payload of the token. Times are seconds since 1970; `sub` is the tenant. */
export interface LicenseClaims extends Pick<LicenseTerms, 'tier' | 'features' | 'limits'> {
  readonly sub: string;
  readonly nbf: number;
  readonly exp: number;
  readonly grace_until: number;
}

export function claimsOfTerms(terms: LicenseTerms, tenant: string): LicenseClaims {
  const { tier, features, limits } = terms;
  return { sub: tenant, tier, features, limits, nbf: seconds(terms.notBefore), exp: seconds(terms.expires), grace_until: seconds(terms.graceUntil) };
}

/** Errors: `license_malformed` when a claim is missing. */
export function termsOfClaims(claims: Partial<LicenseClaims>): LicenseTerms {
  const { tier, features, limits, nbf, exp, grace_until: grace } = claims;
  if (typeof tier !== 'string' || typeof features !== 'object' || typeof limits !== 'object') {
    throw new LicenseError('license_malformed', 'The licence token names no tier, features or limits. Ask for a new licence.');
  }
  return { tier, notBefore: timestamp(nbf), expires: timestamp(exp), graceUntil: timestamp(grace), features, limits };
}

function seconds(text: string): number {
  return Math.floor(Date.parse(text) / 1000);
}

function timestamp(value: number | undefined): string {
  const date = new Date((value ?? Number.NaN) * 1000);
  if (Number.isNaN(date.getTime())) throw new LicenseError('license_malformed', 'The licence token lacks a time. Ask for a new licence.');
  return `${date.toISOString().slice(0, 19)}Z`;
}
