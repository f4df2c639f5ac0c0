import { decide, isAuditor, isOperator, type Subject } from '../../access/index.ts';
import type { Action, PlatformState } from '../../schemas/index.ts';
import { defined, type Stores } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import type { RouteAccess } from './route.ts';

/** Throws `not_found` for a tenant that the subject may not read, `forbidden` for what it may not do in one that it may. */
export async function permit(stores: Stores, subject: Subject, access: RouteAccess, params: Readonly<Record<string, string>>): Promise<void> {
  if (access === 'public' || access === 'signed-in') return;
  const platform = stores.engine.platform();
  if (typeof access === 'string') {
    permitPlatform(platform, subject, access);
    return;
  }
  const id = params['tenant'] ?? '';
  const tenant = await stores.engine.tenant(id);
  const ask = (action: Action, more: { environment?: string; team?: string } = {}) => decide(platform, tenant, { subject, tenant: id, action, ...more });
  if (tenant === undefined || !ask('tenant.read').allowed) throw new ApiError('not_found', `There is no tenant ${id}, or you may not read it.`);
  const team = tenant.applications.get(params['application'] ?? '')?.application.object.spec.team;
  const decision = ask(access.action, defined({ environment: params['environment'], team }));
  if (!decision.allowed) throw new ApiError('forbidden', `This needs ${access.action}: ${decision.because}`);
}

function permitPlatform(platform: PlatformState, subject: Subject, access: 'operator' | 'auditor'): void {
  if (isOperator(platform, subject) || (access === 'auditor' && isAuditor(platform, subject))) return;
  throw new ApiError('forbidden', `Only operators ${access === 'auditor' ? 'and auditors ' : ''}of the platform may do this.`);
}
