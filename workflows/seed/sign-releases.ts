import { sign } from 'node:crypto';
import { releasePayload } from '../../schemas/index.ts';
import { replaceValues } from './replace-values.ts';
import { textOf } from './seed-draft.ts';
import type { SeedDraft } from './seed-draft.ts';
import type { SigningKey } from './seed-keys.ts';

/** Signs the Releases that are left, which were signed by a key that nobody believes any more. */
export function signReleases(draft: SeedDraft, key: SigningKey): void {
  for (const [tenant, { applications }] of draft.example.tenants) {
    for (const [application, { releases }] of applications) {
      for (const { path, object } of releases.values().filter((release) => draft.files.has(release.path))) {
        const value = sign(null, releasePayload(tenant, application, object), key.privateKey).toString('base64');
        draft.files.set(path, replaceValues(textOf(draft, path), [[['spec', 'signature', 'key'], key.id], [['spec', 'signature', 'value'], value]]));
      }
    }
  }
}
