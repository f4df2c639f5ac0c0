import type { Action, PlatformState, TenantState } from '../schemas/index.ts';
import { decide } from './decide.ts';
import type { Decision, Subject } from './decide.ts';

const inEachEnvironment: readonly Action[] = ['apps.read', 'secrets.list'];
/** Also those that are gone, which the history still shows: only a binding and a permission for all of them will do. */
const all = '*';

/**
 * Whether the subject may have a copy of everything that the state holds of a tenant. Git can't leave out a part, so it takes
 * the right to read all of it: every environment that there is or was, whatever team owns an application, and the encrypted secrets.
 */
export function mayClone(platform: PlatformState, tenant: TenantState, subject: Subject): Decision {
  const ask = (action: Action, environment?: string) => decide(platform, tenant, { subject, tenant: tenant.id, action, ...(environment === undefined ? {} : { environment }) });
  const decisions = [ask('tenant.read'), ...[...tenant.environments.keys(), all].flatMap((environment) => inEachEnvironment.map((action) => ask(action, environment)))];
  return decisions.find(({ allowed }) => !allowed) ?? { allowed: true, because: 'Everything of the tenant may be read.' };
}
