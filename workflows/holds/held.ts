import type { EnvironmentState, Hold, TenantState } from '../../schemas/index.ts';
import { WorkflowError } from '../errors.ts';
import type { Notice } from '../status/notices.ts';

/** The hold that pins the application here now: one that is over pins nothing. */
export function activeHold(environment: EnvironmentState, application: string, now: Date): Hold['spec'] | undefined {
  const hold = environment.holds.get(application)?.object.spec;
  return hold === undefined || (hold.until !== undefined && Date.parse(hold.until) <= now.getTime()) ? undefined : hold;
}

/** Throws `held` when a hold pins the application's release in this environment and the change would move it. */
export function refuseHeld(tenant: string, environment: EnvironmentState, { application, release }: { application: string; release: string }, now: Date): void {
  const hold = activeHold(environment, application, now);
  if (hold === undefined || environment.deployments.get(application)?.object.spec.release === release) return;
  throw new WorkflowError('held', heldMessage({ tenant, environment: environment.name, application }, hold));
}

/** Who holds what, why, and how it goes on. */
function heldMessage({ tenant, environment, application }: { tenant: string; environment: string; application: string }, { by, reason, until }: Hold['spec']): string {
  const end = until === undefined ? '' : ` until ${until}`;
  return `${application} is held in ${environment} by ${by}${end}: ${reason.replace(/\.$/, '')}. To go on: \`cameleer resume ${tenant}/${application} --env ${environment}\`.`;
}

/** What is to be said wherever a deployment is shown: the holds of a tenant, of one environment or application of it. */
export function heldNotices(tenant: TenantState, place: { readonly environment?: string; readonly application?: string }, now: Date): readonly Notice[] {
  return [...tenant.environments.values()].flatMap((environment) => {
    if (place.environment !== undefined && place.environment !== environment.name) return [];
    return [...environment.holds.keys()].flatMap((application) => {
      const hold = place.application === undefined || place.application === application ? activeHold(environment, application, now) : undefined;
      return hold === undefined ? [] : [{ code: 'held', message: heldMessage({ tenant: tenant.id, environment: environment.name, application }, hold) }];
    });
  });
}
