import type { OverlayMap } from './overlay-map.ts';
import { StateView } from './state-view.ts';

/**
 * Runs work that only looks on a view as it is now. When a write has changed the view meanwhile, what was seen is of neither
 * state; then it runs again on a copy, which keeps no write waiting, however long it takes.
 */
export async function onSteadyView<T>(current: { readonly view: StateView }, work: (view: StateView) => Promise<T>): Promise<T> {
  const { commit } = current.view;
  const first = work(current.view.fork());
  await first.catch(() => {});
  return current.view.commit === commit ? first : work(copyOf(current.view));
}

/** Some milliseconds for ten thousand tenants: more than most work on a fork takes. */
function copyOf(view: StateView): StateView {
  const copy = new StateView(view);
  copyInto(copy.tenants, view.tenants);
  copyInto(copy.quarantines, view.quarantines);
  copyInto(copy.claims, view.claims);
  copyInto(copy.claimKeys, view.claimKeys);
  copyInto(copy.cells, view.cells);
  return copy;
}

function copyInto<V>(copy: OverlayMap<string, V>, map: OverlayMap<string, V>): void {
  for (const [key, value] of map.toMap()) copy.set(key, value);
}
