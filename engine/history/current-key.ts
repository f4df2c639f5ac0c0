import { MAX_FILE_BYTES, pathOfRef } from '../../schemas/index.ts';
import type { ObjectRef } from '../../schemas/index.ts';
import { EngineError } from '../engine-error.ts';
import { entryAt, isTree } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { Draft } from '../intent.ts';
import { readValue } from '../plan/read-value.ts';
import type { Reencrypt } from './types.ts';

export interface OldSecret {
  readonly ref: ObjectRef<'Secret'>;
  /** The file as it was. */
  readonly text: string;
  /** The file as it is; `undefined`: there is none. */
  readonly current: string | undefined;
  readonly objects: ObjectReader;
  /** Root tree in which the old file stood. */
  readonly tree: string;
  readonly reencrypt: Reencrypt | undefined;
}

/** The text of an old secret for the present key of its environment. Throws `key_rotated` when it was encrypted to another key and can not be encrypted again. */
export async function currentKey(draft: Draft, { ref, text, current, objects, tree, reencrypt }: OldSecret): Promise<string> {
  const { tenant = '', environment = '' } = ref;
  const recipients = (await draft.tenant(tenant))?.environments.get(environment)?.key?.object.spec.recipients;
  if (recipients === undefined) return text;
  const wanted = [recipients.environment, recipients.breakGlass];
  if (same(recipientsOf(text), wanted)) return text;
  const key = await textAt(objects, tree, pathOfRef({ kind: 'EnvironmentKey', tenant, environment, name: environment }));
  const fresh = key === undefined ? undefined : await reencrypt?.({ ref, text, current, key, recipients: wanted });
  if (fresh !== undefined) return fresh;
  throw new EngineError('key_rotated', `The key of ${environment} has changed since ${pathOfRef(ref)} was as it would be again, and what was encrypted to the old key can not be opened here. Write the secret's value again, and revert without it.`);
}

/** To whom a SOPS file is encrypted. */
function recipientsOf(text: string): string[] {
  const { sops } = (readValue(text) ?? {}) as { readonly sops?: { readonly age?: readonly { readonly recipient?: unknown }[] } };
  return (sops?.age ?? []).flatMap(({ recipient }) => (typeof recipient === 'string' ? [recipient] : []));
}

function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.toSorted().join(' ') === b.toSorted().join(' ');
}

async function textAt(objects: ObjectReader, tree: string, path: string): Promise<string | undefined> {
  const entry = await entryAt(objects, tree, path);
  if (entry === undefined || isTree(entry)) return undefined;
  return (await objects.blob(entry.oid, MAX_FILE_BYTES)).content?.toString('utf8');
}
