import { signLicense } from '../../access/index.ts';
import { replaceValues } from './replace-values.ts';
import { textOf } from './seed-draft.ts';
import type { SeedDraft } from './seed-draft.ts';
import type { SigningKey } from './seed-keys.ts';

/** Issues every licence again on its own terms, under another root. */
export async function issueLicenses(draft: SeedDraft, key: SigningKey): Promise<void> {
  for (const [tenant, { license }] of draft.example.tenants) {
    if (license === undefined) continue;
    const token = await signLicense(license.object.spec.terms, tenant, key);
    draft.files.set(license.path, replaceValues(textOf(draft, license.path), [[['spec', 'token'], token]]));
  }
}
