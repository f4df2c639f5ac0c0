import { pathOfRef, readDocument } from '../../schemas/index.ts';
import type { EnvironmentKey } from '../../schemas/index.ts';
import { encryptSecret } from '../../secrets/index.ts';
import { textOf } from './seed-draft.ts';
import type { SeedDraft } from './seed-draft.ts';
import { SeedError } from './seed-error.ts';

/**
 * Writes every Secret of the example from its dummy values (`<tenant>/<environment>/<name>.yaml`, a flat map), encrypted to
 * the environment's present key. Errors: `seed_secret_missing`.
 */
export async function writeSecrets(draft: SeedDraft, dummies: ReadonlyMap<string, string>, now: Date): Promise<void> {
  for (const [tenant, { environments }] of draft.example.tenants) {
    for (const [environment, { secrets }] of environments) {
      const keyPath = pathOfRef({ kind: 'EnvironmentKey', tenant, environment, name: environment });
      const { recipients } = (readDocument(textOf(draft, keyPath)).toJS() as EnvironmentKey).spec;
      for (const [name, { path, object }] of secrets) {
        const stringData = dummyValues(dummies, `${tenant}/${environment}/${name}.yaml`, Object.keys(object.stringData));
        const text = await encryptSecret({ name, namespace: `t-${tenant}--${environment}`, stringData, recipients: [recipients.environment, recipients.breakGlass], now });
        draft.files.set(path, text);
      }
    }
  }
}

function dummyValues(dummies: ReadonlyMap<string, string>, path: string, entries: readonly string[]): Record<string, string> {
  const values: unknown = readDocument(dummies.get(path) ?? '').toJS();
  const found = typeof values === 'object' && values !== null ? (values as Record<string, unknown>) : {};
  return Object.fromEntries(entries.map((entry) => {
    const value = found[entry];
    if (typeof value !== 'string') throw new SeedError('seed_secret_missing', `fixtures/seed/${path} has no dummy text for ${entry}. Add it.`);
    return [entry, value];
  }));
}
