import { refOfPath } from '../../schemas/index.ts';
import { dropReleases } from './drop-releases.ts';
import { installPerson } from './install-person.ts';
import { issueLicenses } from './issue-licenses.ts';
import { replaceEnvironmentKeys } from './replace-environment-keys.ts';
import { replaceTrust } from './replace-trust.ts';
import { openDraft } from './seed-draft.ts';
import type { SeedKeys } from './seed-keys.ts';
import { signReleases } from './sign-releases.ts';
import { writeSecrets } from './write-secrets.ts';

export interface SeedInput {
  /** The example: path → text. */
  readonly files: ReadonlyMap<string, string>;
  /** Dummy values: `<tenant>/<environment>/<name>.yaml` → text. */
  readonly secrets: ReadonlyMap<string, string>;
  /** This installation's own; the licence key is a development root. */
  readonly keys: SeedKeys;
  /** `usr_…`, who becomes operator and Owner of every tenant. */
  readonly person: string;
  readonly now: Date;
  /** Digests of the images that the registry holds already; Releases of others are dropped. Default: none. */
  readonly images?: ReadonlySet<string>;
}

/**
 * The first state of an installation, made from the example, whose own keys nobody has. Reads and writes nothing; comments
 * survive. Answers path → text. Errors: `SeedError`.
 */
export async function seedState({ files, secrets, keys, person, now, images = new Set() }: SeedInput): Promise<ReadonlyMap<string, string>> {
  const draft = openDraft(new Map([...files].filter(([path]) => refOfPath(path) !== undefined)));
  await replaceTrust(draft, keys, { development: true });
  await replaceEnvironmentKeys(draft, keys, now);
  await writeSecrets(draft, secrets, now);
  await issueLicenses(draft, keys.license);
  dropReleases(draft, images);
  signReleases(draft, keys.builder);
  installPerson(draft, person);
  return draft.files;
}
