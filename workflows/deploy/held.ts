import type { EnvironmentState } from '../../schemas/index.ts';
import { WorkflowError } from '../errors.ts';

/** Throws `held` when a hold pins the application's release in this environment and the change would move it. */
export function refuseHeld(environment: EnvironmentState, application: string, release: string, now: Date): void {
  const hold = environment.holds.get(application)?.object.spec;
  if (hold === undefined || (hold.until !== undefined && Date.parse(hold.until) <= now.getTime())) return;
  if (environment.deployments.get(application)?.object.spec.release === release) return;
  throw new WorkflowError('held', `${application} is held in ${environment.name} by ${hold.by}: ${hold.reason} Delete the hold to resume it, then repeat this.`);
}
