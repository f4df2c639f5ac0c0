import type { EnvironmentState } from '../../schemas/index.ts';
import { deploymentManifest, type Workload } from '../app/deployment.ts';
import { disruptionBudget, ingressManifest, serviceManifest } from '../app/exposure.ts';
import { SynthError } from '../errors.ts';
import type { FileCollector } from '../files.ts';
import { commonLabels, environmentNamespace, platformNamespace, tenantFolder } from '../names.ts';
import type { TenantScope } from '../scope.ts';
import { fluxAccount } from './access.ts';
import { kustomization } from './kustomization.ts';
import { namespaceManifests } from './namespace.ts';
import { allowDns, allowFromIngress, allowFromPlatform, allowInternet, allowSameNamespace, allowToServer, defaultDeny, type PolicyTarget } from './policies.ts';

/** Adds an environment: its namespace with policies and access to `_tenant/`, its applications to `<environment>/`. */
export function addEnvironment(files: FileCollector, scope: TenantScope, environment: EnvironmentState): void {
  const tenant = scope.state.id;
  const namespace = environmentNamespace(tenant, environment.name);
  const labels = commonLabels(tenant, environment.name);
  const folder = tenantFolder(tenant);
  const workloads = workloadsOf(scope, environment, { namespace, labels });
  addFrame(files, scope, environment, workloads);
  for (const workload of workloads) addWorkload(files, `${folder}/${environment.name}`, workload);
  for (const { object } of environment.ingresses.values()) {
    files.add(`${folder}/${environment.name}`, ingressManifest({ name: object.metadata.name, namespace, labels }, object.spec, scope.cell));
  }
  for (const [name, { text }] of environment.secrets) files.copy(`${folder}/${environment.name}/secret.${name}.yaml`, text);
}

function addFrame(files: FileCollector, scope: TenantScope, environment: EnvironmentState, workloads: readonly Workload[]): void {
  const tenant = scope.state.id;
  const name = environmentNamespace(tenant, environment.name);
  const labels = commonLabels(tenant, environment.name);
  const folder = `${tenantFolder(tenant)}/_tenant`;
  const keySecret = environment.key === undefined ? undefined : `age-${tenant}--${environment.name}`;
  const objects = [
    ...namespaceManifests({ name, labels, quota: scope.limits.quota }),
    ...environmentPolicies(scope, environment, workloads),
    ...fluxAccount(name, labels, 'environment'),
    kustomization({
      name, labels, path: `${tenantFolder(tenant)}/${environment.name}`, serviceAccountName: name, targetNamespace: name,
      ...(keySecret === undefined ? {} : { keySecret }),
    }),
  ];
  for (const object of objects) files.add(folder, object, true);
  if (environment.key !== undefined) files.copy(`${folder}/${platformNamespace}.secret.${keySecret}.yaml`, environment.key.object.spec.cellSecret.manifest);
}

function environmentPolicies(scope: TenantScope, environment: EnvironmentState, workloads: readonly Workload[]) {
  const { platform, cell, hasServer, state } = scope;
  const target: PolicyTarget = { namespace: environmentNamespace(state.id, environment.name), labels: commonLabels(state.id, environment.name) };
  return [
    defaultDeny(target), allowSameNamespace(target), allowDns(target, cell), allowInternet(target, platform),
    ...(hasServer ? [allowToServer(target, state.id)] : []),
    ...workloads.flatMap(({ name, application }) => {
      const management = managementPorts(application);
      const exposed = exposedPorts(name, application, environment);
      return [
        ...(management.length === 0 ? [] : [allowFromPlatform(target, name, management)]),
        ...(exposed.length === 0 ? [] : [allowFromIngress(target, name, exposed, cell)]),
      ];
    }),
  ];
}

/** Ports that the platform may ask: the one named `management`, and those that probes ask. */
function managementPorts({ ports = [], probes = {} }: Workload['application']): number[] {
  const asked = new Set(['management', ...Object.values(probes).map(({ port }) => port)]);
  return sortedPorts(ports.filter(({ name }) => asked.has(name)));
}

/** Ports that an Ingress of the environment leads to. */
function exposedPorts(name: string, { ports = [] }: Workload['application'], environment: EnvironmentState): number[] {
  const named = new Set([...environment.ingresses.values()].filter(({ object }) => object.spec.application === name).map(({ object }) => object.spec.port));
  return sortedPorts(ports.filter((port) => named.has(port.name)));
}

function sortedPorts(ports: readonly { readonly port: number }[]): number[] {
  return [...new Set(ports.map(({ port }) => port))].sort((a, b) => a - b);
}

function workloadsOf(scope: TenantScope, environment: EnvironmentState, place: Pick<Workload, 'namespace' | 'labels'>): Workload[] {
  return [...environment.deployments].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, { object }]) => {
    const found = scope.state.applications.get(name);
    const release = found?.releases.get(object.spec.release)?.object;
    if (found === undefined || release === undefined) {
      throw new SynthError('unresolved', `Environment ${environment.name} of tenant ${scope.state.id} deploys ${name} ${object.spec.release}, which doesn't exist. Run \`cameleer validate\` to see where.`);
    }
    const application = found.application.object.spec;
    const wanted = object.spec.replicas ?? application.defaults?.replicas ?? 1;
    const hold = environment.holds.get(name)?.object.spec;
    return {
      name, namespace: place.namespace, labels: place.labels, hold, cell: scope.cell, application, deployment: object.spec, release, secrets: environment.secrets,
      replicas: scope.running && object.spec.stopped !== true ? wanted : 0,
    };
  });
}

function addWorkload(files: FileCollector, folder: string, workload: Workload): void {
  const { ports = [] } = workload.application;
  files.add(folder, deploymentManifest(workload));
  if (ports.length > 0) files.add(folder, serviceManifest(workload, ports));
  if (workload.replicas > 1) files.add(folder, disruptionBudget(workload));
}
