import canonicalize from 'canonicalize';
import type { Release } from './types.ts';

/** A Release before or after it is signed. */
export type SignableRelease = Omit<Release, 'spec'> & { readonly spec: Omit<Release['spec'], 'signature'> & { readonly signature?: unknown } };

/**
 * The bytes that the builder signs: RFC 8785 form of `{tenant, application, name, spec without signature}`, so that a
 * signature holds for one release of one application of one tenant.
 */
export function releasePayload(tenant: string, application: string, release: SignableRelease): Uint8Array {
  const { signature: _signature, ...spec } = release.spec;
  const text = canonicalize({ tenant, application, name: release.metadata.name, spec });
  if (text === undefined) throw new TypeError('The release has no canonical form.');
  return new TextEncoder().encode(text);
}
