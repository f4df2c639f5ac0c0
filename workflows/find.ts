import { cellOfEnvironment } from '../schemas/index.ts';
import type { AppDeployment, ApplicationState, EnvironmentState, TenantState } from '../schemas/index.ts';
import { WorkflowError } from './errors.ts';
import type { Stores } from './context.ts';

export interface Place {
  readonly tenant: string;
  readonly environment: string;
  readonly application: string;
}

/** The tenant's effective state. Throws `not_found`. */
export async function findTenant(stores: { readonly engine: Pick<Stores['engine'], 'tenant'> }, id: string): Promise<TenantState> {
  const tenant = await stores.engine.tenant(id);
  if (tenant === undefined) throw new WorkflowError('not_found', `There is no tenant ${id}.`);
  return tenant;
}

/** Throws `not_found` with the environments that there are. */
export function findEnvironment(tenant: TenantState, name: string): EnvironmentState {
  const environment = tenant.environments.get(name);
  if (environment === undefined) throw new WorkflowError('not_found', `Tenant ${tenant.id} has no environment ${name}; it has: ${[...tenant.environments.keys()].join(', ') || 'none'}.`);
  return environment;
}

/** Throws `not_found` with the applications that there are. */
export function findApplication(tenant: TenantState, name: string): ApplicationState {
  const application = tenant.applications.get(name);
  if (application === undefined) throw new WorkflowError('not_found', `Tenant ${tenant.id} has no application ${name}; it has: ${[...tenant.applications.keys()].join(', ') || 'none'}.`);
  return application;
}

/** The deployment of an application in an environment. Throws `not_found`, or `not_deployed`. */
export function findDeployment(tenant: TenantState, place: Place): AppDeployment {
  findApplication(tenant, place.application);
  const deployment = findEnvironment(tenant, place.environment).deployments.get(place.application);
  if (deployment === undefined) throw new WorkflowError('not_deployed', `${place.tenant}/${place.application} is not deployed in ${place.environment}. Deploy a release there first.`);
  return deployment.object;
}

/** Environments in the order of promotion. */
export function environmentsInOrder(tenant: TenantState): readonly EnvironmentState[] {
  return [...tenant.environments.values()].sort((a, b) => a.environment.object.spec.order - b.environment.object.spec.order || (a.name < b.name ? -1 : 1));
}

/** Name of the cell that runs a tenant's environment. */
export function cellOf(tenant: TenantState, environment: string): string | undefined {
  return tenant.tenant === undefined ? undefined : cellOfEnvironment(tenant.tenant.object, environment);
}
