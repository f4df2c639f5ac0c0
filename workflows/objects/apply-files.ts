import type { Intent } from '../../engine/index.ts';
import { refOfPath, tenantOfPath, type ObjectRef } from '../../schemas/index.ts';
import { changeBy } from '../audit.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { WorkflowError } from '../errors.ts';
import { write, type Outcome, type WriteOptions } from '../write.ts';

export interface AppliedFile {
  /** Of the state repository. */
  readonly path: string;
  /** The whole file; `null` deletes it. */
  readonly text: string | null;
  /** The blob id that the caller read; `null`: the object must not exist. */
  readonly etag: string | null;
}

export interface ApplyFiles {
  readonly tenant: string;
  readonly title: string;
  readonly description?: string;
  readonly files: readonly AppliedFile[];
}

/** Writes whole files of a tenant, all or none, in one commit. Throws `not_found` for a path that no object of the tenant has. */
export function applyFiles(stores: Stores, caller: Caller, request: ApplyFiles, options: WriteOptions = {}): Promise<Outcome> {
  return write(stores, caller, filesIntent(caller, request), options);
}

export function filesIntent(caller: Caller, { tenant, title, description, files }: ApplyFiles): Intent {
  const named = files.map((file) => ({ ...file, ref: refIn(tenant, file.path) }));
  return {
    change: changeBy(caller, { action: 'state.apply', subject: title, tenant, ...(description === undefined ? {} : { body: description }) }),
    preconditions: named.map(({ ref, etag }) => ({ ref, etag })),
    apply: async (draft) => {
      for (const { path, text, ref } of named) {
        if (text === null) draft.delete(ref);
        else draft.put(path, text);
      }
    },
  };
}

function refIn(tenant: string, path: string): ObjectRef {
  const ref = refOfPath(path);
  if (ref === undefined || tenantOfPath(path) !== tenant) throw new WorkflowError('not_found', `No object of tenant ${tenant} has the path ${path}.`);
  return ref;
}
