import { json } from 'node:stream/consumers';
import type { Release } from '../../schemas/index.ts';
import type { Stores } from '../context.ts';
import { missing, ok, type Judge } from './link.ts';

/** Whether the registry holds the image that the release names. */
export const imageDigest: Judge = async ({ stores, release, releaseName }) => {
  if (release === undefined) return missing('image digest', `Release ${releaseName} does not exist.`);
  const { repository, digest } = release.spec.image;
  const manifest = await stores.registry.getManifest(repository, digest);
  if (manifest === undefined) {
    const elsewhere = stores.shared === true ? ', or ask the control plane that it was uploaded to: each has a registry of its own' : '';
    return missing('image digest', `The registry does not hold ${repository}@${digest}. Upload the JAR again${elsewhere}.`, { value: digest });
  }
  return ok('image digest', digest, { message: `${repository}:${release.spec.tag}` });
};

/** Whether the image was made from the JAR that the release names. */
export const jarSha256: Judge = async ({ stores, release, releaseName }) => {
  if (release === undefined) return missing('JAR SHA-256', `Release ${releaseName} does not exist.`);
  const wanted = release.spec.jar.sha256;
  const { repository, digest } = release.spec.image;
  if ((await stores.registry.getManifest(repository, digest)) === undefined) return missing('JAR SHA-256', 'There is no image here that could say which JAR it was made from.', { value: wanted });
  const found = await labelOf(stores, release);
  if (found !== wanted) return missing('JAR SHA-256', found === undefined ? 'The image does not say which JAR it was made from.' : `The image was made from ${found}.`, { value: wanted });
  return ok('JAR SHA-256', wanted, { message: `${release.spec.jar.size} bytes` });
};

async function labelOf(stores: Stores, release: Release): Promise<string | undefined> {
  const { repository, digest } = release.spec.image;
  const manifest = await stores.registry.getManifest(repository, digest);
  if (manifest === undefined) return undefined;
  const { config } = JSON.parse(new TextDecoder().decode(manifest.bytes)) as { config?: { digest: string } };
  if (config === undefined || !(await stores.registry.hasBlob(repository, config.digest))) return undefined;
  const image = (await json(await stores.registry.getBlob(repository, config.digest))) as { config?: { Labels?: Record<string, string> } };
  return image.config?.Labels?.['io.cameleer.jar-sha256'];
}
