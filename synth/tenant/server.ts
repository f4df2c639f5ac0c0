import type { Manifest } from '../files.ts';
import { commonLabels, platformNamespace, serverName, tenantNamespace } from '../names.ts';
import type { TenantScope } from '../scope.ts';
import type { YamlValue } from '../yaml/emit.ts';
import { sourceName } from './kustomization.ts';

/** Chart of the server, by its folder in the cell's tree. */
const chart = `./charts/${serverName}`;

/** Room for one server beside the one that replaces it. */
export const serverQuota = { cpu: '2', memory: '4Gi', pods: 10, storage: '10Gi' } as const;

/** Why the release is suspended; the annotation goes when the server program comes. */
const suspendedBecause = 'The observability server program is not part of this version yet; the release is rendered so that its place is fixed.';

/**
 * The HelmRelease of a tenant's observability server. Its chart comes from the source in its own namespace and it is
 * stored in `t-<t>`, so that its account needs no Secret where the keys are.
 */
export function serverRelease(scope: TenantScope): Manifest {
  const namespace = tenantNamespace(scope.state.id);
  return {
    apiVersion: 'helm.toolkit.fluxcd.io/v2',
    kind: 'HelmRelease',
    metadata: {
      name: namespace,
      namespace: platformNamespace,
      labels: commonLabels(scope.state.id),
      annotations: { 'cameleer.io/suspended-because': suspendedBecause },
    },
    spec: {
      suspend: true,
      interval: '10m',
      timeout: '5m',
      releaseName: serverName,
      targetNamespace: namespace,
      storageNamespace: namespace,
      serviceAccountName: namespace,
      maxHistory: 3,
      chart: { spec: { chart, reconcileStrategy: 'ChartVersion', sourceRef: { kind: 'GitRepository', name: sourceName } } },
      install: { remediation: { retries: 3 } },
      upgrade: { cleanupOnFail: true, remediation: { retries: 3, remediateLastFailure: true } },
      driftDetection: { mode: 'enabled' },
      values: serverValues(scope),
    },
  };
}

function serverValues({ platform, state, tenant, limits, environments, running }: TenantScope): YamlValue {
  const image = platform.platform?.object.spec.images?.server;
  const { topology, lineage, lineageCapturesPerMinute, correlation, debugger: debugging, replay } = limits.features;
  return {
    tenant: { id: state.id, uid: tenant.metadata.uid },
    image,
    replicas: running ? 1 : 0,
    environments: environments.map(({ name }) => name),
    retentionDays: limits.retentionDays,
    agents: limits.agents,
    features: { topology, lineage, lineageCapturesPerMinute, correlation, debugger: debugging, replay },
    storage: tenant.spec.committed?.storage ?? serverQuota.storage,
  };
}
