import { isDeepStrictEqual } from 'node:util';
import type { Reencrypt } from '../../engine/index.ts';
import type { EnvironmentKey } from '../../schemas/index.ts';
import { readPlainYaml } from '../../schemas/index.ts';
import { decryptSecret, encryptSecret, open, SecretsError } from '../../secrets/index.ts';
import type { Stores } from '../context.ts';

/** Opens an old secret with the environment's key of then, which the state holds sealed, and encrypts it to the present one. */
export function reencryptWith(stores: Pick<Stores, 'engine' | 'keys' | 'now'>): Reencrypt {
  const identityOf = async (key: EnvironmentKey): Promise<string> => (await open(key.spec.sealed, [stores.keys.keyEncryption.identity])).trim();
  return async ({ ref, text, current, key, recipients }) => {
    const { tenant = '', environment = '', name } = ref;
    try {
      const stringData = await decryptSecret(text, [await identityOf(readPlainYaml(key)?.value as EnvironmentKey)]);
      const present = await stores.engine.get({ kind: 'EnvironmentKey', tenant, environment, name: environment });
      // The same values under the new key: whoever changed the key encrypted them again.
      if (current !== undefined && present !== undefined && isDeepStrictEqual(await decryptSecret(current, [await identityOf(present.object)]), stringData)) return current;
      return await encryptSecret({ name, namespace: `t-${tenant}--${environment}`, stringData, recipients, now: stores.now() });
    } catch (error) {
      if (error instanceof SecretsError) return undefined;
      throw error;
    }
  };
}
