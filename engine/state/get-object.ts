import { objectsOfPlatform, objectsOfTenant, pathOfRef } from '../../schemas/index.ts';
import type { KindName, Loaded, ObjectRef, PlatformState, TenantState } from '../../schemas/index.ts';

/** The object in force that a ref names. */
export function getObject<K extends KindName>(state: PlatformState | TenantState, ref: ObjectRef<K>): Loaded<K> | undefined {
  const path = pathOfRef(ref);
  for (const loaded of 'directory' in state ? objectsOfTenant(state) : objectsOfPlatform(state)) {
    if (loaded.path === path) return loaded as Loaded<K>;
  }
  return undefined;
}
