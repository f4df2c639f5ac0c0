import { decide, isOperator, type Subject } from '../../access/index.ts';
import type { Action } from '../../schemas/index.ts';
import { defined, type Stores } from '../../workflows/index.ts';
import { ApiError } from '../errors.ts';
import type { RouteAccess } from './route.ts';

/** Throws `not_found` for a tenant that the subject may not read, `forbidden` for what it may not do in one that it may. */
export async function permit(stores: Stores, subject: Subject, access: RouteAccess, params: Readonly<Record<string, string>>): Promise<void> {
  if (access === 'public' || access === 'signed-in') return;
  const platform = stores.engine.platform();
  if (access === 'operator') {
    if (!isOperator(platform, subject)) throw new ApiError('forbidden', 'Only operators of the platform may do this.');
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
