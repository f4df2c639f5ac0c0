import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadPlatform } from './load-platform.ts';
import { loadTenant } from './load-tenant.ts';
import { kindSchemas } from './compile.ts';
import { objectsOfPlatform, objectsOfTenant } from './objects.ts';
import { compareProblems } from './problem.ts';
import type { RawFile } from './state.ts';
import { exampleFiles, textOf, withFile } from './testing/example-state.ts';
import { checkTransition, validatePlatform, validateTenant } from './validate.ts';
import { loadState } from './validate-state.ts';

const files = await exampleFiles();
const platform = loadPlatform(files);

/** Loses a file, a line or a character, or says something twice. */
const damage = (prefix: string) => fc.record({
  path: fc.constantFrom(...files.map((file) => file.path).filter((path) => path.startsWith(prefix) && path.endsWith('.yaml'))),
  how: fc.constantFrom('file', 'line', 'character', 'double', 'other'),
  at: fc.nat(), with: fc.string({ minLength: 1, maxLength: 2 }),
});
type Damage = typeof damage extends (prefix: string) => fc.Arbitrary<infer D> ? D : never;

function apply(state: readonly RawFile[], { path, how, at, with: text }: Damage): readonly RawFile[] {
  if (how === 'file' || !state.some((file) => file.path === path)) return withFile(state, path, undefined);
  const old = textOf(state, path);
  const lines = old.split('\n');
  const line = at % lines.length;
  if (how === 'line') return withFile(state, path, lines.toSpliced(line, 1).join('\n'));
  if (how === 'double') return withFile(state, path, lines.toSpliced(line, 0, lines[line] ?? '').join('\n'));
  const index = at % Math.max(1, old.length);
  return withFile(state, path, how === 'character' ? old.slice(0, index) + old.slice(index + 1) : old.slice(0, index) + text + old.slice(index + 1));
}

describe('a damaged example', () => {
  it('gives problems in order and never an exception, whatever rules look at it', () => {
    fc.assert(fc.property(fc.constantFrom('acme', 'initech'), fc.array(damage('tenants/'), { minLength: 1, maxLength: 4 }), fc.constantFrom('platform', 'operator', 'tenant'), (id, damages, by) => {
      const after = loadTenant(id, damages.reduce(apply, files));
      const before = loadTenant(id, files);
      const problems = validateTenant(platform, after);
      expect(problems).toEqual([...problems].sort(compareProblems));
      for (const tenant of [{ before, after }, { before: after, after: before }]) checkTransition({ platform: { before: platform, after: platform }, tenant, now: new Date(0), by });
    }), { numRuns: 150 });
  });

  it('does so when the platform\'s files are damaged', () => {
    const tenant = loadTenant('initech', files);
    fc.assert(fc.property(fc.array(fc.oneof(damage('platform'), damage('cells/'), damage('tiers/'), damage('roles/')), { minLength: 1, maxLength: 4 }), (damages) => {
      const damaged = loadPlatform(damages.reduce(apply, files));
      validatePlatform(damaged);
      validateTenant(damaged, tenant);
    }), { numRuns: 100 });
  });
});

describe('tenants-example', () => {
  it('has an object of every kind', () => {
    const { platform: own, tenants } = loadState(files);
    const kinds = new Set([...objectsOfPlatform(own), ...tenants.values().flatMap(objectsOfTenant)].map((loaded) => loaded.ref.kind));
    expect([...kindSchemas.keys()].filter((kind) => !kinds.has(kind))).toEqual([]);
  });

  it('holds no private key', () => {
    for (const file of files) expect(new TextDecoder().decode(file.bytes)).not.toMatch(/AGE-SECRET-KEY|PRIVATE KEY/);
  });
});
