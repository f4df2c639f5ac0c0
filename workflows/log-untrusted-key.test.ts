import { expect, test } from 'vitest';
import { logUntrustedKey } from './log-untrusted-key.ts';

function said(list: readonly string[]): unknown[] {
  const codes: unknown[] = [];
  const logger = { info: () => {}, error: () => {}, warn: (details: object) => codes.push((details as { code?: string }).code) };
  const engine = { platform: () => ({ platform: { object: { spec: { trust: { state: list } } } } }) };
  logUntrustedKey({ engine: engine as unknown as Parameters<typeof logUntrustedKey>[0]['engine'], key: 'ssh-ed25519 AAAAmine', logger });
  return codes;
}

test('a start with a key that the platform’s own list lacks says so', () => {
  expect(said(['ssh-ed25519 AAAAother', 'ssh-ed25519 AAAAmine signs since May'])).toEqual([]);
  expect(said(['ssh-ed25519 AAAAother'])).toEqual(['state_key_untrusted']);
});
