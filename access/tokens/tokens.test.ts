import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { SignJWT } from 'jose';
import { beforeAll, expect, test } from 'vitest';
import { hashToken, newToken, signLicense, verifyLicense } from './index.ts';
import type { LicenseTerms, VerifyLicenseOptions } from './index.ts';

const terms: LicenseTerms = {
  tier: 'mid', notBefore: '2026-01-01T00:00:00Z', expires: '2027-01-01T00:00:00Z', graceUntil: '2027-01-08T00:00:00Z',
  features: { topology: true, lineage: 'full', correlation: true, debugger: false, replay: false, sso: false, customRoles: false },
  limits: { agents: 25, environments: 2, vaults: 1, retentionDays: 30 },
};
const pair = generateKeyPairSync('ed25519');
const key = { id: 'vendor-1', privateKey: pair.privateKey };
const publicKey = pair.publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
const options: VerifyLicenseOptions = { tenant: 'acme', trust: [{ id: 'vendor-1', publicKey }], now: new Date('2026-06-01T00:00:00Z'), allowDevelopment: false };
let token: string;

beforeAll(async () => {
  token = await signLicense(terms, 'acme', key);
});

test('an API token is 256 random bits behind a prefix that scanners know, and is kept as a hash', () => {
  const { token, hash } = newToken(randomBytes);
  expect(token).toMatch(/^cml_[A-Za-z0-9_-]{43}$/);
  expect(hash).toBe(hashToken(token));
  expect(newToken((bytes) => new Uint8Array(bytes))).toEqual({ token: `cml_${'A'.repeat(43)}`, hash: hashToken(`cml_${'A'.repeat(43)}`) });
});

test('a licence comes back with the terms that were signed', async () => {
  expect(await verifyLicense(token, options)).toEqual({ terms, status: 'valid', key: 'vendor-1', development: false });
});

test.each([
  ['2025-12-31T23:59:59Z', 'not_yet_valid'],
  ['2026-12-31T23:59:59Z', 'valid'],
  ['2027-01-01T00:00:00Z', 'grace'],
  ['2027-01-08T00:00:00Z', 'expired'],
])('at %s it is %s', async (now, status) => {
  expect(await verifyLicense(token, { ...options, now: new Date(now) })).toMatchObject({ status });
});

test('a development root counts only where it is allowed', async () => {
  const trust = [{ id: 'vendor-1', publicKey, development: true }];
  await expect(verifyLicense(token, { ...options, trust })).rejects.toMatchObject({ code: 'license_development_key' });
  expect(await verifyLicense(token, { ...options, trust, allowDevelopment: true })).toMatchObject({ development: true });
});

test('forged, foreign and borrowed licences are refused, each with its code', async () => {
  const stranger = generateKeyPairSync('ed25519').privateKey;
  const forged = await signLicense(terms, 'acme', { id: 'vendor-1', privateKey: stranger });
  const other = await new SignJWT({ sub: 'acme' }).setProtectedHeader({ alg: 'EdDSA', kid: 'vendor-1', typ: 'JWT' }).sign(key.privateKey);
  const symmetric = await new SignJWT({ sub: 'acme' }).setProtectedHeader({ alg: 'HS256', kid: 'vendor-1', typ: 'license+jwt' }).sign(Buffer.from(publicKey, 'base64'));
  await expect(verifyLicense(forged, options)).rejects.toMatchObject({ code: 'license_bad_signature' });
  await expect(verifyLicense(token, { ...options, trust: [] })).rejects.toMatchObject({ code: 'license_unknown_key' });
  await expect(verifyLicense(token, { ...options, tenant: 'globex' })).rejects.toMatchObject({ code: 'license_wrong_tenant' });
  await expect(verifyLicense(other, options)).rejects.toMatchObject({ code: 'license_malformed' });
  await expect(verifyLicense(symmetric, options)).rejects.toMatchObject({ code: 'license_malformed' });
  await expect(verifyLicense('hello', options)).rejects.toMatchObject({ code: 'license_malformed' });
});
