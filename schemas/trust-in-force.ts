import { licenseKey } from './rules/state/license-holds.ts';
import { releaseKey } from './rules/state/release-signed.ts';
import { knownToHold } from './signatures.ts';
import type { PlatformState, TenantState } from './state.ts';

/**
 * For a tenant that is in force under this platform: it was found valid, so the signatures of its objects hold, and the same
 * objects need not be verified again when others of the tenant change. Never call it with a state that was not validated.
 */
export function trustInForce(platform: PlatformState, tenant: TenantState): void {
  const trust = platform.platform?.object.spec.trust;
  if (trust === undefined) return;
  if (tenant.license !== undefined) knownToHold(tenant.license, licenseKey(trust.license, tenant.license));
  for (const { releases } of tenant.applications.values()) {
    for (const release of releases.values()) knownToHold(release, releaseKey(trust.builder, release));
  }
}
