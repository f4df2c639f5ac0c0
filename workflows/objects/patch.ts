import type { Intent } from '../../engine/index.ts';
import type { ObjectRef } from '../../schemas/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome, type WriteOptions } from '../write.ts';
import { changeOf } from './change.ts';
import { mergePatch } from './merge-patch.ts';
import { toldOfPatch } from './told-of-patch.ts';

export interface PatchObject extends WriteOptions {
  readonly ref: ObjectRef;
  readonly etag: string;
  /** JSON Merge Patch (RFC 7396) of the whole object. */
  readonly patch: unknown;
}

/** Changes the named fields of one object; everything else of its file stays as it is. */
export function patchObject(stores: Stores, caller: Caller, request: PatchObject): Promise<Outcome> {
  const intent: Intent = {
    change: changeBy(caller, { ...changeOf(request.ref, 'change'), ...toldOfPatch(request.ref, request.patch) }),
    preconditions: [{ ref: request.ref, etag: request.etag }],
    apply: (draft) => draft.edit(request.ref, (document) => mergePatch(document, request.patch)),
  };
  return write(stores, caller, intent, request);
}
