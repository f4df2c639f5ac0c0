import { expect, test } from 'vitest';
import { imageDigest, jarSha256 } from './image.ts';
import type { Evidence } from './link.ts';

const evidence = (shared: boolean) => ({
  releaseName: 'v1', release: { spec: { image: { repository: 'acme/orders', digest: `sha256:${'a'.repeat(64)}` }, tag: 'v1', jar: { sha256: 'b'.repeat(64), size: 1 } } },
  stores: { shared, registry: { getManifest: () => Promise.resolve(undefined) } },
}) as unknown as Evidence;

test('of an image that is not here, nothing is said that is not known', async () => {
  expect((await imageDigest(evidence(false))).message).not.toContain('control plane');
  expect((await imageDigest(evidence(true))).message).toContain('control plane');
  expect(await jarSha256(evidence(true))).toMatchObject({ state: 'missing', message: expect.stringContaining('no image') as string });
});
