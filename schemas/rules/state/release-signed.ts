import { verify, type KeyObject } from 'node:crypto';
import { trustedKey, trusts } from '../../trusted-key.ts';
import type { Problem } from '../../problem.ts';
import { holdsUnder } from '../../signatures.ts';
import type { Loaded, PlatformState } from '../../state.ts';
import type { PublicKey } from '../../types.ts';
import { releasePayload } from '../../release-payload.ts';
import { problemAt, type StateRule } from '../rule.ts';

/** A release holds only under the signature of a builder that the platform trusts. */
export const releaseSigned: StateRule = {
  codes: ['release_unsigned', 'release_forged'],
  * check({ platform, tenant }) {
    // Without platform.yaml nothing can be verified; that it is missing is said there.
    if (platform.platform === undefined) return;
    for (const { releases } of tenant.applications.values()) {
      for (const release of releases.values()) yield* checkSignature(platform.platform, release);
    }
  },
};

/** The trusted key that the release names; undefined when it is not trusted or can't be read. */
export function releaseKey(trusted: readonly PublicKey[], release: Loaded<'Release'>): KeyObject | undefined {
  return trustedKey(trusted, release.object.spec.signature.key);
}

function holds(release: Loaded<'Release'>, key: KeyObject): boolean {
  const { tenant = '', application = '' } = release.ref;
  return holdsUnder(release, key, () => verify(null, releasePayload(tenant, application, release.object), key, Buffer.from(release.object.spec.signature.value, 'base64')));
}

function* checkSignature(platform: NonNullable<PlatformState['platform']>, release: Loaded<'Release'>): Iterable<Problem> {
  const { signature } = release.object.spec;
  const { tenant = '', application = '' } = release.ref;
  const key = releaseKey(platform.object.spec.trust.builder, release);
  if (key === undefined) {
    const unread = trusts(platform.object.spec.trust.builder, signature.key);
    const remedy = unread ? 'whose key in platform.yaml can\'t be read. Correct it there' : 'which is not one of platform.yaml\'s spec.trust.builder. Upload the JAR again, so that the builder signs it';
    yield problemAt(release, '/spec/signature/key', 'release_unsigned', `The release is signed by \`${signature.key}\`, ${remedy}.`);
    return;
  }
  if (!holds(release, key)) {
    yield problemAt(release, '/spec/signature/value', 'release_forged', `The signature does not belong to this release of \`${tenant}/${application}\`: the file was changed, moved, or signed with another key. Restore it from history, or upload the JAR again.`);
  }
}
