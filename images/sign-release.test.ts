import { createPrivateKey, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { releasePayload, type SignableRelease } from '../schemas/release-payload.ts';
import { signRelease } from './sign-release.ts';

/** The test key of RFC 8032, section 7.1, test 1: public knowledge, trusted by nobody. */
const seed = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
const privateKey = createPrivateKey({ key: Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex'), format: 'der', type: 'pkcs8' });

const release: SignableRelease = {
  apiVersion: 'cameleer.io/v1',
  kind: 'Release',
  metadata: { name: 'v1' },
  spec: {
    tag: 'v1-aaaaaaaaaaaa',
    image: { repository: 'acme/orders', digest: `sha256:${'b'.repeat(64)}` },
    jar: { sha256: 'a'.repeat(64), size: 19_506_033 },
    runtime: { kind: 'camel-main', mainClass: 'com.acme.Orders', launch: 'classpath', camelVersion: '4.18.0', components: ['seda', 'timer'], routeFiles: ['camel/orders.camel.yaml'] },
    builtAt: '2026-01-02T03:04:05Z',
  },
};

function holds(tenant: string, signed: SignableRelease, value: string): boolean {
  return verify(null, releasePayload(tenant, 'orders', signed), createPublicKey(privateKey), Buffer.from(value, 'base64'));
}

test('the signature is the one that it always was: a verifier elsewhere depends on these bytes', () => {
  const signed = signRelease({ tenant: 'acme', application: 'orders', release, key: { id: 'builder-1', privateKey } });
  expect(Buffer.from(releasePayload('acme', 'orders', release)).toString('utf8')).toMatchInlineSnapshot(`"{"application":"orders","name":"v1","spec":{"builtAt":"2026-01-02T03:04:05Z","image":{"digest":"sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb","repository":"acme/orders"},"jar":{"sha256":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa","size":19506033},"runtime":{"camelVersion":"4.18.0","components":["seda","timer"],"kind":"camel-main","launch":"classpath","mainClass":"com.acme.Orders","routeFiles":["camel/orders.camel.yaml"]},"tag":"v1-aaaaaaaaaaaa"},"tenant":"acme"}"`);
  expect(signed.spec.signature).toMatchInlineSnapshot(`
    {
      "key": "builder-1",
      "value": "co7ebMe4bVPxn/PR37hlFOYmKrYt6NX/R6oh9LGIMUStAGXkbiRY/YgUWHO/EftzHaIv4dHUl+aj7QteXwJwAg==",
    }
  `);
});

test('it holds for this release of this tenant only', () => {
  const signed = signRelease({ tenant: 'acme', application: 'orders', release, key: { id: 'builder-1', privateKey } });
  const { value } = signed.spec.signature;
  expect(holds('acme', signed, value)).toBe(true);
  expect(holds('globex', signed, value)).toBe(false);
  expect(holds('acme', { ...signed, metadata: { name: 'v2' } }, value)).toBe(false);
  expect(holds('acme', { ...signed, spec: { ...signed.spec, image: { ...signed.spec.image, digest: `sha256:${'c'.repeat(64)}` } } }, value)).toBe(false);
});

test('signing again gives the same: a signature that is there is not signed along', () => {
  const request = { tenant: 'acme', application: 'orders', key: { id: 'builder-1', privateKey } };
  const signed = signRelease({ ...request, release });
  expect(signRelease({ ...request, release: signed })).toEqual(signed);
});

test('another kind of key is the caller\'s bug', () => {
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  expect(() => signRelease({ tenant: 'acme', application: 'orders', release, key: { id: 'builder-1', privateKey: key } })).toThrow(TypeError);
});
