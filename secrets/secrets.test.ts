import * as fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createEnvironmentKey, decryptSecret, encryptSecret, generateAgeKey, open, seal } from './index.ts';
import type { AgeKey } from './index.ts';

const now = new Date('2026-03-01T12:00:00.999Z');
const common = { name: 'orders-db', namespace: 't-acme--dev', now };
let environment: AgeKey;
let breakGlass: AgeKey;
let stranger: AgeKey;

beforeAll(async () => {
  [environment, breakGlass, stranger] = await Promise.all([generateAgeKey(), generateAgeKey(), generateAgeKey()]);
});

const entries = fc.dictionary(fc.stringMatching(/^[A-Za-z0-9._-]{1,20}$/), fc.string({ unit: 'grapheme' }), { minKeys: 1, maxKeys: 5 });

test('what is encrypted comes back, by either recipient, whatever the names and values', async () => {
  await fc.assert(fc.asyncProperty(entries, fc.boolean(), async (stringData, viaBreakGlass) => {
    const text = await encryptSecret({ ...common, stringData, recipients: [environment.recipient, breakGlass.recipient] });
    expect(await decryptSecret(text, [viaBreakGlass ? breakGlass.identity : environment.identity])).toEqual({ ...stringData });
  }), { numRuns: 60 });
});

test('every write has a data key and vectors of its own, and quotes its time', async () => {
  const options = { ...common, stringData: { password: 'dummy' }, recipients: [environment.recipient] };
  const [first, second] = await Promise.all([encryptSecret(options), encryptSecret(options)]);
  expect(first).not.toBe(second);
  expect(first).toContain('lastmodified: "2026-03-01T12:00:00Z"');
  expect(first).not.toContain('dummy');
});

test('a value of another write does not fit, though key and place are the same', async () => {
  const options = { ...common, stringData: { password: 'dummy' }, recipients: [environment.recipient] };
  const [first, second] = await Promise.all([encryptSecret(options), encryptSecret(options)]);
  const stolen = (parse(second) as { stringData: { password: string } }).stringData.password;
  await expect(decryptSecret(first.replace(/password: .*/, `password: ${stolen}`), [environment.identity])).rejects.toMatchObject({ code: 'value_tampered' });
});

test('bad keys and bad input have their own codes', async () => {
  const text = await encryptSecret({ ...common, stringData: { a: 'b' }, recipients: [environment.recipient] });
  await expect(decryptSecret(text, [stranger.identity])).rejects.toMatchObject({ code: 'no_identity' });
  await expect(decryptSecret(text, [])).rejects.toMatchObject({ code: 'no_identity' });
  await expect(decryptSecret(text, ['hello'])).rejects.toMatchObject({ code: 'bad_identity' });
  await expect(decryptSecret('a: [', [environment.identity])).rejects.toMatchObject({ code: 'malformed' });
  await expect(decryptSecret('stringData: {a: b}\n', [environment.identity])).rejects.toMatchObject({ code: 'malformed' });
  await expect(encryptSecret({ ...common, stringData: { a: 'b' }, recipients: ['age1nonsense'] })).rejects.toMatchObject({ code: 'bad_recipient' });
  await expect(encryptSecret({ ...common, stringData: { a: '\uD800' }, recipients: [environment.recipient] })).rejects.toMatchObject({ code: 'bad_value' });
  await expect(encryptSecret({ ...common, stringData: { a: 'b' }, recipients: [] })).rejects.toBeInstanceOf(TypeError);
});

test('a sealed text opens with its key only, and a damaged one says so', async () => {
  const sealed = await seal('dummy', environment.recipient);
  expect(await open(sealed, [stranger.identity, environment.identity])).toBe('dummy');
  await expect(open(sealed, [stranger.identity])).rejects.toMatchObject({ code: 'no_identity' });
  await expect(open('dummy', [environment.identity])).rejects.toMatchObject({ code: 'malformed' });
});

test('an environment key is readable for its cell and for the key-encryption key, and for nobody else', async () => {
  const [cell, keyEncryption] = await Promise.all([generateAgeKey(), generateAgeKey()]);
  const key = await createEnvironmentKey({
    tenant: 'acme', environment: 'dev', cell: 'local', cellRecipient: cell.recipient,
    breakGlassRecipient: breakGlass.recipient, keyEncryptionRecipient: keyEncryption.recipient, now,
  });
  const { spec } = parse(key.text) as { spec: { recipients: object; sealed: string; cellSecret: { cell: string; manifest: string } } };
  expect(spec.recipients).toEqual({ environment: key.recipient, breakGlass: breakGlass.recipient });
  expect(await decryptSecret(spec.cellSecret.manifest, [cell.identity])).toEqual({ 'dev.agekey': key.identity });
  expect(parse(spec.cellSecret.manifest)).toMatchObject({ metadata: { name: 'age-acme--dev', namespace: 'cameleer-system' } });
  expect(await open(spec.sealed, [keyEncryption.identity])).toBe(key.identity);
  await expect(decryptSecret(spec.cellSecret.manifest, [breakGlass.identity])).rejects.toMatchObject({ code: 'no_identity' });
  expect(key.text).not.toContain(key.identity);
});
