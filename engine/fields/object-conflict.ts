import type { ObjectRef } from '../../schemas/index.ts';
import type { ObjectConflict } from '../engine-error.ts';
import { blobId } from '../git/index.ts';
import { maskField } from '../plan/mask-secrets.ts';
import type { FieldConflict } from '../plan/types.ts';

/** What stands in the way of a change, with whatever is secret in it masked. `current`: the file as it is now; `undefined`: there is none. */
export function objectConflict({ ref, path }: { readonly ref: ObjectRef | undefined; readonly path: string }, current: string | undefined, fields: readonly FieldConflict[]): ObjectConflict {
  return { ref, path, etag: current === undefined ? null : blobId(current), fields: fields.map((field) => maskField(ref?.kind, field)) };
}
