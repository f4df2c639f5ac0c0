import type { Subject } from '../../access/index.ts';
import { cellOf, findTenant, type Place } from '../find.ts';
import type { Stores } from '../context.ts';
import { namespaceOf } from './observe.ts';
import { status, type Status } from './status.ts';

/** The status now and after each change of it, until the signal aborts. Changes that come together are told once. */
export async function* statusChanges(stores: Stores, place: Place, { reader, signal }: { readonly reader: Subject; readonly signal: AbortSignal }): AsyncGenerator<Status> {
  let wake: (() => void) | undefined;
  let changed = true;
  const notify = () => {
    changed = true;
    wake?.();
  };
  const tenant = await findTenant(stores, place.tenant);
  const namespace = namespaceOf(place);
  const driver = stores.driver(cellOf(tenant, place.environment) ?? '');
  const stopWatching = driver?.watch((object) => { if (object.metadata.namespace === namespace) notify(); });
  const stopFollowing = stores.engine.onChange(notify);
  signal.addEventListener('abort', notify, { once: true });
  let last = '';
  try {
    while (!signal.aborted) {
      if (!changed) await new Promise<void>((resolve) => { wake = resolve; });
      wake = undefined;
      if (signal.aborted) return;
      changed = false;
      const current = await status(stores, place, reader);
      const text = JSON.stringify(current);
      if (text !== last) yield current;
      last = text;
    }
  } finally {
    stopWatching?.();
    stopFollowing();
    signal.removeEventListener('abort', notify);
  }
}
