import type { Problem } from '../../problem.ts';
import type { Loaded } from '../../state.ts';
import { readKey } from '../../trusted-key.ts';
import type { PublicKey } from '../../types.ts';
import { problemAt, type PlatformRule } from '../rule.ts';

/** Each trusted key can be read, and an id names one key only. Nothing verifies with `trust.image` yet, so its form isn't checked here. */
export const trustedKeys: PlatformRule = {
  codes: ['trust_key_invalid', 'trust_key_repeated'],
  * check({ platform }) {
    if (platform === undefined) return;
    const { builder, license } = platform.object.spec.trust;
    yield* checkKeys(platform, builder, '/spec/trust/builder');
    yield* checkKeys(platform, license, '/spec/trust/license');
  },
};

function* checkKeys(platform: Loaded<'Platform'>, keys: readonly PublicKey[], pointer: string): Iterable<Problem> {
  const seen = new Set<string>();
  for (const [index, { id, publicKey }] of keys.entries()) {
    if (readKey(publicKey) === undefined) yield problemAt(platform, `${pointer}/${index}/publicKey`, 'trust_key_invalid', 'This is no Ed25519 public key. Write its SubjectPublicKeyInfo in base64, in one line.');
    if (seen.has(id)) yield problemAt(platform, `${pointer}/${index}/id`, 'trust_key_repeated', `Two keys have the id \`${id}\`. Rename one.`);
    seen.add(id);
  }
}
