import { createPublicKey, verify } from 'node:crypto';
import { releasePayload, type PublicKey, type Release } from '../../schemas/index.ts';
import { missing, ok, type Judge } from './link.ts';

/** Whether a builder that the platform trusts signed this release. */
export const releaseSignature: Judge = ({ stores, place, release, releaseName }) => {
  if (release === undefined) return missing('release signature', `Release ${releaseName} does not exist.`);
  const { key } = release.spec.signature;
  const trusted = stores.engine.platform().platform?.object.spec.trust.builder.find((each) => each.id === key);
  if (trusted === undefined) return missing('release signature', `${releaseName} is signed by ${key}, which the platform does not trust.`, { value: key });
  if (!verifies(trusted, place, release)) return missing('release signature', `The signature of ${releaseName} does not verify: the release was changed after it was built.`, { value: key });
  return ok('release signature', key, { message: `${releaseName}, built ${release.spec.builtAt}` });
};

function verifies(key: PublicKey, place: { tenant: string; application: string }, release: Release): boolean {
  const publicKey = createPublicKey({ key: Buffer.from(key.publicKey, 'base64'), format: 'der', type: 'spki' });
  return verify(null, releasePayload(place.tenant, place.application, release), publicKey, Buffer.from(release.spec.signature.value, 'base64'));
}
