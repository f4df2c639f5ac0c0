import type { KindName, Loaded } from './state.ts';

/**
 * Remembers what depends on an object alone. Whoever keeps loaded objects between two validations (the engine does, by blob
 * id) pays for signatures and positions once and not once a commit; what is remembered goes when the object goes.
 */
export function oncePerObject<K extends KindName, V>(compute: (loaded: Loaded<K>) => V): (loaded: Loaded<K>) => V {
  const known = new WeakMap<Loaded<K>, { readonly value: V }>();
  return (loaded) => {
    let found = known.get(loaded);
    if (found === undefined) {
      found = { value: compute(loaded) };
      known.set(loaded, found);
    }
    return found.value;
  };
}
