import { newToken } from '../access/index.ts';
import { createPerson, platformChain, recordAudit, saveToken } from '../ledger/index.ts';
import { opaqueId } from './bootstrap.ts';
import { actorOf, type Caller } from './caller.ts';
import type { Stores } from './context.ts';

export interface AddedPerson {
  readonly person: string;
  /** Not to be had again. */
  readonly token: string;
}

/** A person with a token of their own. What they may do is said in the state: a Member of a tenant. */
export async function addPerson(stores: Pick<Stores, 'ledger' | 'random'>, caller: Caller, name: string): Promise<AddedPerson> {
  const { ledger, random } = stores;
  const person = opaqueId('usr', random);
  const { token, hash } = newToken(random);
  // Written before it is done: what may have happened is in the audit. The name stays out of what is hashed.
  await recordAudit(ledger, { chain: platformChain, requestId: caller.requestId, phase: 'noted', action: 'person.add', actor: actorOf(caller.subject), door: caller.door, resource: person });
  await createPerson(ledger, { id: person, displayName: name });
  await saveToken(ledger, { id: opaqueId('tok', random), hash, subject: { kind: 'person', id: person }, description: 'people add' });
  return { person, token };
}
