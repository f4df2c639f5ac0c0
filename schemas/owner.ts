import type { ObjectRef } from './state.ts';

/** Who may write an object: tenants can't write what the platform owns. */
export function ownerOf(ref: ObjectRef): 'platform' | 'tenant' {
  if (ref.tenant === undefined) return 'platform';
  return ref.kind === 'Tenant' || ref.kind === 'License' || ref.kind === 'EnvironmentKey' || ref.kind === 'Release' ? 'platform' : 'tenant';
}
