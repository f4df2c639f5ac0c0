import type { ApplicationTarget } from '../target.ts';

export function tenantPath(tenant: string): string {
  return `/api/v1/tenants/${encodeURIComponent(tenant)}`;
}

export function applicationPath({ tenant, application }: ApplicationTarget): string {
  return `${tenantPath(tenant)}/apps/${encodeURIComponent(application)}`;
}

export function environmentPath(tenant: string, environment: string): string {
  return `${tenantPath(tenant)}/environments/${encodeURIComponent(environment)}`;
}

/** The AppDeployment, and below it `status`, `proof`, `logs`, `events`, `deployments`, `promotions`, `restarts`. */
export function deploymentPath({ tenant, application }: ApplicationTarget, environment: string): string {
  return `${environmentPath(tenant, environment)}/apps/${encodeURIComponent(application)}`;
}
