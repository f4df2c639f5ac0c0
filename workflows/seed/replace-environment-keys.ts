import { createEnvironmentKey } from '../../secrets/index.ts';
import { cellOfEnvironment, pathOfRef } from '../../schemas/index.ts';
import { SeedError } from './seed-error.ts';
import type { SeedDraft } from './seed-draft.ts';
import type { SeedKeys } from './seed-keys.ts';

/** Gives every environment a new key, encrypted to its cell's and the platform's new keys. */
export async function replaceEnvironmentKeys(draft: SeedDraft, keys: SeedKeys, now: Date): Promise<void> {
  for (const [tenant, state] of draft.example.tenants) {
    if (state.tenant === undefined) throw new SeedError('seed_invalid', `The example's tenant ${tenant} has no tenant.yaml. Restore it.`);
    for (const environment of state.environments.keys()) {
      const cell = cellOfEnvironment(state.tenant.object, environment);
      const key = await createEnvironmentKey({
        tenant, environment, cell, now,
        cellRecipient: (await keys.cell(cell)).recipient,
        breakGlassRecipient: (await keys.breakGlass(tenant)).recipient,
        keyEncryptionRecipient: keys.keyEncryption.recipient,
      });
      draft.files.set(pathOfRef({ kind: 'EnvironmentKey', tenant, environment, name: environment }), key.text);
    }
  }
}
