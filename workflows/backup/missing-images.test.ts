import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFixture } from '../../engine/testing/fixture.ts';
import { openLayoutRegistry } from '../../images/index.ts';
import { missingImages } from './missing-images.ts';

test('an image that the registry has is not called missing', async () => {
  const fixture = await makeFixture(1);
  try {
    const folder = join(fixture.folder, 'registry');
    const all = await missingImages(fixture.directory, fixture.git(['rev-parse', 'main']), undefined);
    const path = fixture.git(['ls-tree', '-r', '--name-only', 'main']).split('\n').find((name) => name.endsWith('/releases/v1.yaml')) ?? '';
    const text = fixture.read(path);
    const repository = /repository: (\S+)/.exec(text)?.[1] ?? '';
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: 'application/vnd.oci.image.index.v1+json', manifests: [] }));
    const { digest } = await (await openLayoutRegistry(folder)).putManifest(repository, 'application/vnd.oci.image.index.v1+json', manifest);
    const commit = fixture.push({ [path]: text.replaceAll(/sha256:[0-9a-f]{64}/g, digest) });
    expect((await missingImages(fixture.directory, commit, folder)).length).toBe(all.length - 1);
  } finally {
    await fixture.remove();
  }
});
