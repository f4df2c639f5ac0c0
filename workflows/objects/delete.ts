import type { Intent } from '../../engine/index.ts';
import type { ObjectRef } from '../../schemas/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome, type WriteOptions } from '../write.ts';
import { changeOf } from './change.ts';

export interface DeleteObject extends WriteOptions {
  readonly ref: ObjectRef;
  readonly etag: string;
}

/** Deletes one object; the state rules refuse it while others need it. */
export function deleteObject(stores: Stores, caller: Caller, request: DeleteObject): Promise<Outcome> {
  const intent: Intent = {
    change: changeBy(caller, changeOf(request.ref, 'delete')),
    preconditions: [{ ref: request.ref, etag: request.etag }],
    apply: async (draft) => draft.delete(request.ref),
  };
  return write(stores, caller, intent, request);
}
