import { stringify } from 'yaml';
import type { Intent } from '../../engine/index.ts';
import { pathOfRef, type ObjectRef } from '../../schemas/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome, type WriteOptions } from '../write.ts';
import { changeOf } from './change.ts';
import { replaceWith } from './merge-patch.ts';

export interface PutObject extends WriteOptions {
  readonly ref: ObjectRef;
  /** The blob id that the caller read; `null`: the object must not exist. */
  readonly etag: string | null;
  /** The object, or the whole file as YAML text. An object edits the file in place, so that comments survive. */
  readonly content: { readonly object: unknown } | { readonly text: string };
}

/** Writes one object whole. */
export function putObject(stores: Stores, caller: Caller, request: PutObject): Promise<Outcome> {
  const { ref, etag, content } = request;
  const intent: Intent = {
    change: changeBy(caller, changeOf(ref, etag === null ? 'create' : 'replace')),
    preconditions: [{ ref, etag }],
    apply: async (draft) => {
      if ('text' in content) draft.put(pathOfRef(ref), content.text);
      else if (etag === null) draft.put(pathOfRef(ref), stringify(content.object));
      else await draft.edit(ref, (document) => replaceWith(document, content.object));
    },
  };
  return write(stores, caller, intent, request);
}
