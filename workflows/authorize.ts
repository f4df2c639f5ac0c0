import { decide, isOperator, mayGrant, type Subject } from '../access/index.ts';
import { EngineError } from '../engine/index.ts';
import type { Authorize, Change } from '../engine/index.ts';
import type { PlatformState, TenantState } from '../schemas/index.ts';
import { subjectOf } from './caller.ts';
import { needsOf, type Need } from './needs.ts';

/** Why the need is not met; `undefined` when it is. */
function refusal(platform: PlatformState, tenant: { id: string; state: TenantState | undefined }, subject: Subject, need: Need): string | undefined {
  if (need.kind === 'operator') {
    return isOperator(platform, subject) ? undefined : `${need.what} belongs to the platform; only its operators change it.`;
  }
  if (need.kind === 'grant') {
    const decision = tenant.state === undefined ? { allowed: isOperator(platform, subject), because: `There is no tenant ${tenant.id}.` } : mayGrant(platform, tenant.state, subject, need.bindings);
    return decision.allowed ? undefined : decision.because;
  }
  const { kind: _kind, ...question } = need;
  const decision = decide(platform, tenant.state, { subject, tenant: tenant.id, ...question });
  const place = `${tenant.id}${need.environment === undefined ? '' : `/${need.environment}`}`;
  return decision.allowed ? undefined : `This needs ${need.action} in ${place}: ${decision.because}`;
}

/**
 * The engine's `Authorize`: each changed file's needs are asked of the roles in the state before the change, so a change
 * cannot grant the right to make itself. The platform's own changes are not asked.
 */
export const authorize: Authorize = (change: Change, files, before) => {
  if (change.door === 'platform') return;
  const subject = subjectOf(change.actor);
  for (const file of files) {
    const id = file.ref?.tenant ?? change.tenant ?? '';
    const state = before.tenants.get(id);
    for (const need of needsOf(change, file, state)) {
      const message = refusal(before.platform, { id, state }, subject, need);
      if (message !== undefined) throw new EngineError('not_authorised', message);
    }
  }
};
