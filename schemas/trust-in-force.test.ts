import { generateKeyPairSync } from 'node:crypto';
import { expect, test } from 'vitest';
import type { RawFile } from './state.ts';
import { edited, exampleFiles, textOf } from './testing/example-state.ts';
import { trustInForce } from './trust-in-force.ts';
import { validateTenant } from './validate.ts';
import { loadState } from './validate-state.ts';

const folder = 'tenants/ac/acme';
const release = `${folder}/apps/orders/releases/v1.yaml`;

function stateOf(files: readonly RawFile[]) {
  const { platform, tenants } = loadState(files);
  const tenant = tenants.get('acme');
  if (tenant === undefined) throw new TypeError('The example has no acme.');
  return { platform, tenant };
}

function codes(...[platform, tenant]: Parameters<typeof validateTenant>): string[] {
  return validateTenant(platform, tenant).filter(({ severity }) => severity === 'error').map(({ code }) => code);
}

test('objects that are in force are not verified again under the same keys, and under others they are', async () => {
  const files = await exampleFiles();
  const publicKey = generateKeyPairSync('ed25519').publicKey.export({ format: 'der', type: 'spki' }).toString('base64');
  const keys = [...textOf(files, 'platform.yaml').matchAll(/publicKey: (.*)/g)].map(([, key = '']) => key);
  const forged = stateOf(edited(files, release, 'size: 9437184', 'size: 9437185'));
  const untrusting = stateOf(keys.reduce((state, key) => edited(state, 'platform.yaml', key, publicKey), files));
  expect(codes(forged.platform, forged.tenant)).toEqual(['release_forged']);
  trustInForce(forged.platform, forged.tenant);
  expect(codes(forged.platform, forged.tenant)).toEqual([]);
  expect(codes(untrusting.platform, forged.tenant)).toContain('release_forged');
  expect(codes(untrusting.platform, forged.tenant)).toContain('license_forged');
});

test('an object that was changed since is another one', async () => {
  const files = await exampleFiles();
  const { platform, tenant } = stateOf(files);
  trustInForce(platform, tenant);
  expect(codes(platform, stateOf(edited(files, release, 'size: 9437184', 'size: 9437185')).tenant)).toEqual(['release_forged']);
});
