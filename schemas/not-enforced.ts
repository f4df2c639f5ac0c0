import { oncePerObject } from './once-per-object.ts';
import { objectsOfPlatform, objectsOfTenant } from './objects.ts';
import type { Problem } from './problem.ts';
import type { KindName, Loaded, PlatformState, TenantState } from './state.ts';

/**
 * What can be written and nothing acts on yet. Each entry leaves the list in the change that enforces it. `pointer` is of
 * the field; the empty one means the object whatever it says.
 */
export const notEnforced: readonly { readonly kind: KindName; readonly pointer: string; readonly sentence: string }[] = [
  { kind: 'Platform', pointer: '/spec/trust/image', sentence: 'Images are not signed yet.' },
  { kind: 'Platform', pointer: '/spec/images/agent', sentence: 'The agent is not put into images yet.' },
  { kind: 'Platform', pointer: '/spec/images/server', sentence: 'The observability server is not built yet; its HelmRelease is rendered suspended.' },
  { kind: 'Tier', pointer: '/spec/features', sentence: 'Of features and limits, environments, teams, vaults, JAR size, quota, sso and customRoles are enforced; agents, retention and the other features are not yet.' },
  { kind: 'License', pointer: '/spec/terms', sentence: 'Of the terms, tier, dates, environments, vaults, single sign-on and custom roles are enforced; agents, retention, the other features and the end of the grace period are not yet.' },
  { kind: 'Tenant', pointer: '/spec/committed/storage', sentence: 'Storage is not limited yet.' },
  { kind: 'Settings', pointer: '/spec/redaction', sentence: 'No agent reads the redaction rules yet: nothing is blanked.' },
  { kind: 'Settings', pointer: '/spec/notifications', sentence: 'Notifications are not sent yet.' },
  { kind: 'Ingress', pointer: '/spec/host', sentence: 'That the host belongs to the tenant is not proved yet.' },
  { kind: 'Ingress', pointer: '/spec/tls', sentence: 'No certificate is ordered yet.' },
  { kind: 'AppDeployment', pointer: '/spec/agent', sentence: 'The agent is not in the images yet.' },
  { kind: 'VaultConnection', pointer: '', sentence: 'Nothing is read from the vault yet.' },
  { kind: 'SsoConnection', pointer: '', sentence: 'Nobody can sign in through it yet.' },
  { kind: 'ServiceAccount', pointer: '', sentence: 'No tokens are issued to service accounts yet.' },
  { kind: 'Release', pointer: '/spec/scan', sentence: 'Releases are not scanned yet; a verdict is neither made nor asked for.' },
  { kind: 'Release', pointer: '/spec/sbom', sentence: 'No SBOM is made yet.' },
];

/** A `not_enforced_yet` notice for each field of the tenant's objects that nothing acts on. */
export function notEnforcedYet(tenant: TenantState): Problem[] {
  return objectsOfTenant(tenant).flatMap(noticesOf).toArray();
}

/** The same for the platform's objects. */
export function notEnforcedOfPlatform(platform: PlatformState): Problem[] {
  return objectsOfPlatform(platform).flatMap(noticesOf).toArray();
}

/** The same for one object. */
export const noticesOf: (loaded: Loaded<KindName>) => readonly Problem[] = oncePerObject((loaded) => notEnforced
  .filter((entry) => entry.kind === loaded.ref.kind && has(loaded.object, entry.pointer))
  .map(({ pointer, sentence }): Problem => Object.assign(loaded.locate(pointer), { path: loaded.path, severity: 'notice' as const, code: 'not_enforced_yet', message: sentence })));

function has(object: unknown, pointer: string): boolean {
  let value = object;
  for (const part of pointer.split('/').slice(1)) {
    if (typeof value !== 'object' || value === null) return false;
    value = (value as Record<string, unknown>)[part];
  }
  return value !== undefined;
}
