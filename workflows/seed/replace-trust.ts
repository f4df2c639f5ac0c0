import { readDocument } from '../../schemas/index.ts';
import { replaceValues } from './replace-values.ts';
import { textOf } from './seed-draft.ts';
import type { SeedDraft } from './seed-draft.ts';
import type { SeedKeys, SigningKey } from './seed-keys.ts';

/** Puts the public halves of the keys into platform.yaml and the cells. A development root is marked as such. */
export async function replaceTrust(draft: SeedDraft, keys: SeedKeys, { development }: { readonly development: boolean }): Promise<void> {
  const platform = readDocument(textOf(draft, 'platform.yaml'));
  const set = (name: string, value: unknown): void => platform.setIn(['spec', 'trust', name], withCommentOf(platform.getIn(['spec', 'trust', name], true), platform.createNode(value)));
  set('state', [keys.state.public]);
  set('builder', [trusted(keys.builder)]);
  set('license', [{ ...trusted(keys.license), ...(development ? { development } : {}) }]);
  set('keyEncryption', keys.keyEncryption.recipient);
  draft.files.set('platform.yaml', platform.toString({ lineWidth: 0 }));
  for (const [name, { path }] of draft.example.platform.cells) {
    const { recipient } = await keys.cell(name);
    draft.files.set(path, replaceValues(textOf(draft, path), [[['spec', 'recipient'], recipient]]));
  }
}

function trusted({ id, publicKey }: SigningKey): { id: string; publicKey: string } {
  return { id, publicKey };
}

/** A comment behind a value hangs on the value's node and would go with it. */
function withCommentOf<T extends object>(old: unknown, fresh: T): T {
  const { comment, commentBefore } = (old ?? {}) as { comment?: string | null; commentBefore?: string | null };
  return Object.assign(fresh, { comment: comment ?? null, commentBefore: commentBefore ?? null });
}
