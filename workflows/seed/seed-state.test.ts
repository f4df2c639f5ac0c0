import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { decide, verifyLicense } from '../../access/index.ts';
import { loadState, validateState } from '../../schemas/index.ts';
import type { EnvironmentKey, State } from '../../schemas/index.ts';
import { decryptSecret, generateAgeKey, open } from '../../secrets/index.ts';
import type { AgeKey } from '../../secrets/index.ts';
import { keysInMemory, readSeed, seedState } from './index.ts';
import type { SeedInput, SeedKeys } from './index.ts';
import { rawFiles } from './seed-draft.ts';

const root = join(import.meta.dirname, '../..');
const now = new Date('2026-06-01T00:00:00Z');
const person = 'usr_aaaaaaaaaaaaaaaa';
let input: SeedInput;
let keys: SeedKeys;
let keyEncryption: AgeKey;
let files: ReadonlyMap<string, string>;
let state: State;

beforeAll(async () => {
  keyEncryption = await generateAgeKey();
  keys = { ...await keysInMemory({ builder: 'builder', license: 'license-development' }), keyEncryption };
  input = { ...await readSeed({ example: join(root, 'tenants-example'), dummies: join(root, 'fixtures/seed') }), keys, person, now };
  files = await seedState(input);
  state = loadState(rawFiles(files));
});

function errorsOf(files: ReadonlyMap<string, string>) {
  return validateState(rawFiles(files)).filter(({ severity }) => severity === 'error');
}

test('the seeded state is valid, and the example itself stays as it was', () => {
  expect(errorsOf(files)).toEqual([]);
  expect(errorsOf(input.files)).toEqual([]);
});

test('no trust is left in the example’s keys', () => {
  expect(state.platform.platform?.object.spec.trust).toEqual({
    state: [keys.state.public],
    builder: [{ id: 'builder', publicKey: keys.builder.publicKey }],
    license: [{ id: 'license-development', publicKey: keys.license.publicKey, development: true }],
    keyEncryption: keyEncryption.recipient,
  });
});

test('licences are issued anew under a development root, which production refuses', async () => {
  for (const [tenant, { license }] of state.tenants) {
    const options = { tenant, trust: state.platform.platform?.object.spec.trust.license ?? [], now };
    const { token, terms } = license!.object.spec;
    expect(await verifyLicense(token, { ...options, allowDevelopment: true })).toMatchObject({ terms, status: 'valid', development: true });
    await expect(verifyLicense(token, { ...options, allowDevelopment: false })).rejects.toMatchObject({ code: 'license_development_key' });
  }
});

test('each secret opens with its own environment’s key, which the key-encryption key reveals, and holds the dummy values', async () => {
  const identityOf = async (tenant: string, environment: string) => {
    const key = parse(files.get(`tenants/${tenant.slice(0, 2)}/${tenant}/environments/${environment}/key.yaml`) ?? '') as EnvironmentKey;
    return open(key.spec.sealed, [keyEncryption.identity]);
  };
  const text = files.get('tenants/ac/acme/environments/dev/secrets/orders-db.yaml') ?? '';
  expect(await decryptSecret(text, [await identityOf('acme', 'dev')])).toEqual({ password: 'dummy-password-of-acme-dev' });
  await expect(decryptSecret(text, [await identityOf('acme', 'prod')])).rejects.toMatchObject({ code: 'no_identity' });
});

test('without images there are no Releases, and nothing that would hang in the air', () => {
  expect([...files.keys()].filter((path) => /\/(releases|holds|ingresses)\/|\/environments\/[^/]+\/apps\//.test(path))).toEqual([]);
  expect([...state.tenants.get('acme')!.applications.keys()]).toEqual(['billing', 'orders']);
});

test('a Release whose image is there stays, signed anew, with its deployment', async () => {
  const example = loadState(rawFiles(input.files)).tenants.get('acme')!;
  const image = example.applications.get('orders')!.releases.get('v1')!.object.spec.image.digest;
  const kept = await seedState({ ...input, images: new Set([image]) });
  expect(errorsOf(kept)).toEqual([]);
  const { applications, environments } = loadState(rawFiles(kept)).tenants.get('acme')!;
  expect([...applications.get('orders')!.releases.keys()]).toEqual(['v1']);
  expect([...environments.get('prod')!.deployments.keys()]).toEqual(['orders']);
  expect([...environments.get('dev')!.deployments.keys()]).toEqual([]);
});

test('the person is operator and Owner of every tenant, and the example’s operator is nobody', () => {
  expect(state.platform.platform?.object.spec.operators).toEqual([person]);
  expect([...state.tenants.keys()]).toEqual(['acme', 'globex', 'initech']);
  const noOperators = { ...state.platform, platform: undefined } as unknown as State['platform'];
  for (const [tenant, whole] of state.tenants) {
    expect(decide(noOperators, whole, { subject: { kind: 'person', id: person }, action: 'tenant.delete', tenant }).allowed).toBe(true);
    expect(whole.members.has('usr_op3rat0r00000001')).toBe(false);
  }
});

test('comments survive', () => {
  for (const path of ['platform.yaml', 'cells/local.yaml', 'tenants/ac/acme/license.yaml']) {
    const comments = (text = '') => text.match(/^ *#.*$/gm);
    expect(comments(files.get(path))).toEqual(comments(input.files.get(path)));
  }
});

test('a secret without dummy values stops the seeding', async () => {
  await expect(seedState({ ...input, secrets: new Map() })).rejects.toMatchObject({ code: 'seed_secret_missing' });
});
