import { describe, expect, it } from 'vitest';
import type { Release } from '../../schemas/index.ts';
import { chooseName } from './release.ts';

function made(name: string, sha256: string, base?: string): Release {
  return {
    apiVersion: 'cameleer.io/v1', kind: 'Release', metadata: { name },
    spec: {
      tag: `${name}-${sha256}`, image: { repository: 'acme/orders', digest: 'sha256:1' }, jar: { sha256, size: 1 }, ...(base === undefined ? {} : { base }),
      runtime: { kind: 'plain', mainClass: 'A', launch: 'classpath', components: [], routeFiles: [] }, builtAt: '2026-01-01T00:00:00Z', signature: { key: 'k', value: 'v' },
    },
  };
}

describe('the name of a release', () => {
  const existing = [made('v1', 'aa'), made('v2', 'bb'), made('v10', 'cc')];
  const wish = { sha256: 'dd', base: undefined, agent: undefined, name: undefined };

  it('is the next number, by number and not by letter', () => {
    expect(chooseName(existing, wish)).toEqual({ name: 'v11' });
    expect(chooseName([], wish)).toEqual({ name: 'v1' });
  });

  it('is the existing release for the same bytes', () => {
    expect(chooseName(existing, { ...wish, sha256: 'bb' })).toEqual({ existing: existing[1] });
    expect(chooseName(existing, { ...wish, sha256: 'bb', name: 'v2' })).toEqual({ existing: existing[1] });
  });

  it('counts rebuilds of the same JAR on another base', () => {
    expect(chooseName(existing, { ...wish, sha256: 'bb', base: 'sha256:new' })).toEqual({ name: 'v2-r1' });
    expect(chooseName(existing, { ...wish, sha256: 'bb', agent: 'sha256:agent' })).toEqual({ name: 'v2-r1' });
    expect(chooseName([...existing, made('v2-r1', 'bb', 'sha256:new')], { ...wish, sha256: 'bb', base: 'sha256:newer' })).toEqual({ name: 'v2-r2' });
  });

  it('may be named by the client, but never for other bytes', () => {
    expect(chooseName(existing, { ...wish, name: 'v20' })).toEqual({ name: 'v20' });
    expect(chooseName(existing, { ...wish, sha256: 'bb', base: 'sha256:new', name: 'v2-r7' })).toEqual({ name: 'v2-r7' });
    expect(() => chooseName(existing, { ...wish, name: 'v2-r1' })).toThrow(expect.objectContaining({ code: 'release_exists' }));
    expect(() => chooseName(existing, { ...wish, name: 'v2' })).toThrow(expect.objectContaining({ code: 'release_exists' }));
    expect(() => chooseName(existing, { ...wish, sha256: 'aa', name: 'v2' })).toThrow(expect.objectContaining({ code: 'release_exists' }));
  });
});
