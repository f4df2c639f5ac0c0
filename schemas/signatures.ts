import type { KeyObject } from 'node:crypto';
import type { KindName, Loaded } from './state.ts';

// Signed objects are many and never change: each is verified once under a key.
const verified = new WeakMap<Loaded<KindName>, KeyObject>();

/** Whether the object's signature holds under a key; `verify` is asked when that isn't known. */
export function holdsUnder(loaded: Loaded<KindName>, key: KeyObject, verify: () => boolean): boolean {
  if (verified.get(loaded) === key) return true;
  if (!verify()) return false;
  verified.set(loaded, key);
  return true;
}

/** Takes it from who knows that the object's signature holds under the key. */
export function knownToHold(loaded: Loaded<KindName>, key: KeyObject | undefined): void {
  if (key !== undefined) verified.set(loaded, key);
}
