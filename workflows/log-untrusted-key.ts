import type { Engine } from '../engine/index.ts';
import type { Logger } from './context.ts';

/** Says in the log, at the start, that the platform signs with a key that its own list of trusted keys lacks. `key`: `ssh-ed25519 …`. */
export function logUntrustedKey({ engine, key, logger }: { readonly engine: Pick<Engine, 'platform'>; readonly key: string; readonly logger: Logger }): void {
  const trusted = engine.platform().platform?.object.spec.trust.state ?? [];
  if (trusted.some((line) => line === key || line.startsWith(`${key} `))) return;
  logger.warn({ code: 'state_key_untrusted', key }, 'the key in keys/state is not in spec.trust.state of platform.yaml, so whoever verifies by that list takes its signatures for unknown. In a rotation, start with the earlier key, add this one through the API, and then start with it');
}
