import { stringify } from 'yaml';
import type { Intent } from '../../engine/index.ts';
import { pathOfRef } from '../../schemas/index.ts';
import { createEnvironmentKey } from '../../secrets/index.ts';
import type { Caller } from '../caller.ts';
import type { Stores } from '../context.ts';
import { cellOf, findTenant } from '../find.ts';
import { changeBy } from '../audit.ts';
import { write, type Outcome } from '../write.ts';
import { changeOf } from './change.ts';
import { putObject, type PutObject } from './put.ts';

/** Writes an environment; a new one gets its age key in the same commit. */
export async function putEnvironment(stores: Stores, caller: Caller, request: PutObject): Promise<Outcome> {
  const { ref, etag, content } = request;
  if (etag !== null || ref.tenant === undefined) return putObject(stores, caller, request);
  const tenant = await findTenant(stores, ref.tenant);
  const cell = cellOf(tenant, ref.name) ?? '';
  const recipient = stores.engine.platform().cells.get(cell)?.object.spec.recipient;
  if (recipient === undefined) return putObject(stores, caller, request);
  const key = await createEnvironmentKey({
    tenant: tenant.id,
    environment: ref.name,
    cell,
    cellRecipient: recipient,
    breakGlassRecipient: (await stores.keys.breakGlass(tenant.id)).recipient,
    keyEncryptionRecipient: stores.keys.keyEncryption.recipient,
    now: stores.now(),
  });
  const intent: Intent = {
    change: changeBy(caller, changeOf(ref, 'create')),
    preconditions: [{ ref, etag }],
    apply: async (draft) => {
      draft.put(pathOfRef(ref), 'text' in content ? content.text : stringify(content.object));
      draft.put(pathOfRef({ ...ref, kind: 'EnvironmentKey' }), key.text);
    },
  };
  return write(stores, caller, intent, request);
}
