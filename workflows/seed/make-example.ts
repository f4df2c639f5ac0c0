import { issueLicenses } from './issue-licenses.ts';
import { replaceEnvironmentKeys } from './replace-environment-keys.ts';
import { replaceTrust } from './replace-trust.ts';
import { openDraft } from './seed-draft.ts';
import type { SeedInput } from './seed-state.ts';
import { signReleases } from './sign-releases.ts';
import { writeSecrets } from './write-secrets.ts';

/** Signs and encrypts everything in the example with the given keys; nothing is dropped. Answers path → text. */
export async function makeExample({ files, secrets, keys, now }: Pick<SeedInput, 'files' | 'secrets' | 'keys' | 'now'>): Promise<ReadonlyMap<string, string>> {
  const draft = openDraft(files);
  await replaceTrust(draft, keys, { development: false });
  await replaceEnvironmentKeys(draft, keys, now);
  await writeSecrets(draft, secrets, now);
  await issueLicenses(draft, keys.license);
  signReleases(draft, keys.builder);
  return draft.files;
}
