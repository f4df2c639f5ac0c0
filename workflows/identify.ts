import { bindingsOf, hashToken, isAuditor, isOperator, type Subject } from '../access/index.ts';
import { findPerson, findToken, type TokenSubject } from '../ledger/index.ts';
import type { Stores } from './context.ts';

/** The subject behind a token; `undefined` when it is unknown, expired, revoked, or its owner is on the deny-list. */
export async function identify(stores: Pick<Stores, 'ledger' | 'now'>, token: string): Promise<Subject | undefined> {
  const reader = await identifyReader(stores, token);
  return reader?.kind === 'cell' ? undefined : reader;
}

/** As `identify`, and besides a cell, which may read its publication and nothing else. */
export async function identifyReader(stores: Pick<Stores, 'ledger' | 'now'>, token: string): Promise<TokenSubject | undefined> {
  return (await findToken(stores.ledger, hashToken(token), stores.now()))?.subject;
}

export interface WhoAmI {
  readonly subject: Subject;
  readonly operator: boolean;
  readonly auditor: boolean;
  readonly name?: string;
  /** Tenants in which the subject holds roles. */
  readonly tenants: readonly { readonly tenant: string; readonly roles: readonly string[] }[];
}

/** Tenants in which the state binds the subject to roles, in order. */
export async function tenantsOf({ engine }: Pick<Stores, 'engine'>, subject: Subject): Promise<readonly string[]> {
  if (subject.kind === 'person') return engine.tenantsWith({ kind: 'Member', name: subject.id });
  return engine.tenantIds().includes(subject.tenant) ? [subject.tenant] : [];
}

/** Who the caller is, and what the state binds them to. */
export async function whoAmI(stores: Pick<Stores, 'ledger' | 'engine'>, subject: Subject): Promise<WhoAmI> {
  const name = subject.kind === 'person' ? (await findPerson(stores.ledger, subject.id))?.displayName : subject.name;
  const tenants: { tenant: string; roles: readonly string[] }[] = [];
  for (const id of await tenantsOf(stores, subject)) {
    const tenant = await stores.engine.tenant(id);
    const bindings = tenant === undefined ? undefined : bindingsOf(tenant, subject);
    if (bindings !== undefined) tenants.push({ tenant: id, roles: [...new Set(bindings.map((binding) => binding.role))] });
  }
  return { subject, operator: isOperator(stores.engine.platform(), subject), auditor: isAuditor(stores.engine.platform(), subject), ...(name === undefined ? {} : { name }), tenants };
}
