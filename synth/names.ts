/** The platform's own namespace, in which tenants run nothing. */
export const platformNamespace = 'cameleer-system';

/** Account that applies what belongs to the platform in every `_tenant/`. */
export const platformAccount = 'cameleer-platform';

/** Roles that the accounts of environments and of tenants are bound to, each in its own namespace. */
export const accountRoles = { environment: 'cameleer-environment', server: 'cameleer-server' } as const;

/** Secret in the platform's namespace that holds the cell's age key; an operator puts it there. */
export const cellKeySecret = 'cameleer-cell-key';

/** Name of the observability server's pods and Service in `t-<t>`, and of its chart. */
export const serverName = 'cameleer-server';
export const serverPorts = { http: 8080, management: 8081 } as const;

/** Namespace of the tenant's observability server; also its Kustomization's, HelmRelease's and account's name. */
export function tenantNamespace(tenant: string): string {
  return `t-${tenant}`;
}

/** Namespace of an environment's applications; no id holds `--`, so no two tenants share one. */
export function environmentNamespace(tenant: string, environment: string): string {
  return `t-${tenant}--${environment}`;
}

/** Folder of a tenant in a cell's tree. */
export function tenantFolder(tenant: string): string {
  return `tenants/${tenant.slice(0, 2)}/${tenant}`;
}

export interface Labels {
  readonly [name: string]: string;
}

/** Labels of everything that is rendered; workloads add `app.kubernetes.io/name`. */
export function commonLabels(tenant?: string, environment?: string): Labels {
  return {
    'app.kubernetes.io/managed-by': 'cameleer',
    ...(tenant === undefined ? {} : { 'cameleer.io/tenant': tenant }),
    ...(environment === undefined ? {} : { 'cameleer.io/environment': environment }),
  };
}

/** What Services, budgets and policies select an application's pods by. */
export function selectorLabels(application: string): Labels {
  return { 'app.kubernetes.io/name': application };
}
