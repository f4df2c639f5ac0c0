import { EngineError } from '../engine-error.ts';
import { publicBytesOf, publicLine } from '../git/index.ts';
import type { StateKey } from '../git/index.ts';
import type { StateView } from '../state/state-view.ts';

/**
 * The key that signs now stays in `spec.trust.state`: whoever verifies would take nothing that it signs after it was dropped.
 * Throws EngineError `invalid`.
 */
export function expectOwnKey(key: StateKey, before: StateView, after: StateView): void {
  if (before.platform === after.platform || !trusts(before, key) || trusts(after, key)) return;
  throw new EngineError('invalid', 'The change drops the key that the platform signs with from spec.trust.state of platform.yaml: nobody who verifies would believe what it signs from then on. Start the control plane with the next key first, then drop this one.');
}

function trusts(view: StateView, key: StateKey): boolean {
  const list = view.platform.state.platform?.object.spec.trust.state ?? [];
  return list.some((line) => {
    const bytes = publicBytesOf(line);
    return bytes !== undefined && publicLine(bytes) === key.publicLine;
  });
}
