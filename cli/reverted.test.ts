import { describe, expect, test } from 'vitest';
import { parseReverted } from './reverted.ts';

describe('what is to be reverted', () => {
  test.each([
    ['acme/prod as of 2026-11-20', {}, { tenant: 'acme', environment: 'prod', asOf: '2026-11-20T23:59:59Z' }],
    ['acme as of 2026-11-20T14:30+01:00', { env: 'dev', app: 'orders' }, { tenant: 'acme', environment: 'dev', application: 'orders', asOf: '2026-11-20T13:30:00Z' }],
    ['3F2A1C9..81d0b44', { tenant: 'acme' }, { tenant: 'acme', range: { base: '3F2A1C9', head: '81d0b44' } }],
  ])('%s', (text, scope, expected) => {
    expect(parseReverted(text, scope)).toEqual(expected);
  });

  test.each([
    ['a date in the order of some country', 'acme as of 11/10/2026', {}],
    ['a time without a zone', 'acme as of 2026-11-20T14:30', {}],
    ['a day that no month has', 'acme as of 2026-02-31', {}],
    ['another tenant by its flag', 'acme as of 2026-11-20', { tenant: 'globex' }],
    ['another environment by its flag', 'acme/prod as of 2026-11-20', { env: 'dev' }],
    ['an application behind the environment', 'acme/prod/orders as of 2026-11-20', {}],
    ['no tenant', '3f2a1c9', {}],
  ])('refuses %s', (_, text, scope) => {
    expect(() => parseReverted(text, scope)).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
  });
});
