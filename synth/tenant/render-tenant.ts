import type { PlatformState, TenantState } from '../../schemas/index.ts';
import { FileCollector } from '../files.ts';
import { cellKeySecret, commonLabels, environmentNamespace, platformAccount, serverName, serverPorts, tenantFolder, tenantNamespace } from '../names.ts';
import { scopesOf, type TenantScope } from '../scope.ts';
import type { RenderedFiles } from '../types.ts';
import { fluxAccount } from './access.ts';
import { addEnvironment } from './environment.ts';
import { kustomization } from './kustomization.ts';
import { namespaceManifests } from './namespace.ts';
import { allowDatabases, allowDns, allowFromApplications, allowFromPlatform, allowSameNamespace, defaultDeny, type PolicyTarget } from './policies.ts';
import { serverQuota, serverRelease } from './server.ts';

/**
 * A tenant's files on each cell that it uses, by the cell's name; paths from the cell's root. Empty for a tenant
 * without `tenant.yaml`. Pure: the same state gives the same bytes.
 * @throws {SynthError} `unresolved`, `duplicate_file`, `invalid_range`: states that validation refuses.
 */
export function renderTenant(platform: PlatformState, state: TenantState): ReadonlyMap<string, RenderedFiles> {
  const tenant = state.tenant?.object;
  if (tenant === undefined) return new Map();
  const rendered = [...scopesOf(platform, state, tenant)].map(([cell, scope]) => [cell, renderOnCell(scope)] as const);
  return new Map(rendered);
}

function renderOnCell(scope: TenantScope): RenderedFiles {
  const files = new FileCollector();
  const tenant = scope.state.id;
  files.addAt(`flux/${tenantFolder(tenant)}.yaml`, kustomization({
    name: tenantNamespace(tenant), labels: commonLabels(tenant), path: `${tenantFolder(tenant)}/_tenant`, serviceAccountName: platformAccount, keySecret: cellKeySecret,
  }));
  if (scope.hasServer) addServer(files, scope);
  for (const environment of scope.environments) addEnvironment(files, scope, environment);
  return files.files();
}

function addServer(files: FileCollector, scope: TenantScope): void {
  const tenant = scope.state.id;
  const name = tenantNamespace(tenant);
  const labels = commonLabels(tenant);
  const quota = { ...serverQuota, storage: scope.tenant.spec.committed?.storage ?? serverQuota.storage };
  const objects = [...namespaceManifests({ name, labels, quota }), ...serverPolicies(scope, { namespace: name, labels }), ...fluxAccount(name, labels, 'server'), serverRelease(scope)];
  for (const object of objects) files.add(`${tenantFolder(tenant)}/_tenant`, object, true);
}

function serverPolicies({ cell, state, environments }: TenantScope, target: PolicyTarget) {
  const databases = cell.spec.databases ?? [];
  const applications = environments.map(({ name }) => environmentNamespace(state.id, name));
  return [
    defaultDeny(target), allowSameNamespace(target), allowDns(target, cell), allowFromPlatform(target, serverName, [serverPorts.http, serverPorts.management]),
    ...(applications.length === 0 ? [] : [allowFromApplications(target, applications)]),
    ...(databases.length === 0 ? [] : [allowDatabases(target, databases)]),
  ];
}
