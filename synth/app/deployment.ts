import { createHash } from 'node:crypto';
import type { AppDeployment, Application, Cell, Hold, Release } from '../../schemas/index.ts';
import type { Manifest } from '../files.ts';
import { IntOrString, KubeDeployment, Quantity, manifest, type Container, type KubeProbe, type Volume, type VolumeMount } from '../kubernetes.ts';
import { selectorLabels, type Labels } from '../names.ts';
import { containerEnv } from './container-env.ts';

/** An application in an environment, resolved. */
export interface Workload {
  readonly name: string;
  readonly namespace: string;
  /** Common labels of the environment. */
  readonly labels: Labels;
  readonly cell: Cell;
  readonly application: Application['spec'];
  readonly deployment: AppDeployment['spec'];
  readonly release: Release;
  readonly hold: Hold['spec'] | undefined;
  /** Blob ids of the environment's encrypted Secrets, by name. */
  readonly secrets: ReadonlyMap<string, { readonly oid: string }>;
  /** 0 while stopped or suspended. */
  readonly replicas: number;
}

const defaultResources = { cpu: '250m', memory: '512Mi' } as const;

/** No image names a user, so that one JAR gives one image anywhere; this one owns nothing on a node. */
const userId = 65_532;
/** Said of the pod and of its container, for checkers that look at either. */
const user = { runAsGroup: userId, runAsNonRoot: true, runAsUser: userId, seccompProfile: { type: 'RuntimeDefault' } };

/** The Deployment, under Pod Security `restricted` and then some: read-only root, no token of the cluster. */
export function deploymentManifest(workload: Workload): Manifest {
  const { name, namespace, labels, hold, replicas } = workload;
  const selector = selectorLabels(name);
  const annotations = hold === undefined ? {} : { annotations: holdAnnotations(hold) };
  return manifest(KubeDeployment, {
    metadata: { ...annotations, labels: { ...labels, ...selector }, name, namespace },
    spec: {
      progressDeadlineSeconds: 600,
      replicas,
      revisionHistoryLimit: 3,
      selector: { matchLabels: selector },
      strategy: { rollingUpdate: { maxSurge: IntOrString.fromNumber(1), maxUnavailable: IntOrString.fromNumber(0) }, type: 'RollingUpdate' },
      template: {
        metadata: { annotations: podAnnotations(workload), labels: { ...labels, ...selector } },
        spec: {
          automountServiceAccountToken: false,
          containers: [container(workload)],
          enableServiceLinks: true,
          securityContext: {
            fsGroup: userId, fsGroupChangePolicy: 'OnRootMismatch', ...user,
          },
          terminationGracePeriodSeconds: 60,
          topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
            labelSelector: { matchLabels: selector }, maxSkew: 1, topologyKey, whenUnsatisfiable: 'ScheduleAnyway',
          })),
          volumes: volumes(workload.deployment),
        },
      },
    },
  });
}

function container({ cell, application, deployment, release }: Workload): Container {
  const { cpu, memory } = deployment.resources ?? application.defaults?.resources ?? defaultResources;
  const { repository, digest } = release.spec.image;
  const { probes: declared = {}, ports = [] } = application;
  // Without a readiness probe a pod is ready when its first port answers.
  const readiness = declared.readiness ?? (ports[0] && { port: ports[0].name });
  return {
    env: containerEnv(application, deployment),
    image: `${cell.spec.registry}/${repository}@${digest}`,
    imagePullPolicy: 'IfNotPresent',
    ...(declared.liveness && { livenessProbe: probe(declared.liveness) }),
    name: 'app',
    ports: ports.map(({ name, port }) => ({ containerPort: port, name, protocol: 'TCP' })),
    ...(readiness && { readinessProbe: probe(readiness) }),
    resources: {
      limits: { memory: Quantity.fromString(memory) },
      requests: { cpu: Quantity.fromString(cpu), memory: Quantity.fromString(memory) },
    },
    securityContext: {
      allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] }, privileged: false, readOnlyRootFilesystem: true, ...user,
    },
    ...(declared.startup && { startupProbe: probe(declared.startup) }),
    volumeMounts: volumeMounts(deployment),
  };
}

type DeclaredProbe = NonNullable<NonNullable<Application['spec']['probes']>['readiness']>;

function probe({ path, port: portName, failureThreshold, initialDelaySeconds, periodSeconds, timeoutSeconds }: DeclaredProbe): KubeProbe {
  const port = IntOrString.fromString(portName);
  return {
    ...(failureThreshold !== undefined && { failureThreshold }),
    ...(path === undefined ? {} : { httpGet: { path, port } }),
    ...(initialDelaySeconds !== undefined && { initialDelaySeconds }),
    ...(periodSeconds !== undefined && { periodSeconds }),
    ...(path === undefined ? { tcpSocket: { port } } : {}),
    ...(timeoutSeconds !== undefined && { timeoutSeconds }),
  };
}

function podAnnotations({ release, deployment, secrets }: Workload): Labels {
  const used = [...new Set((deployment.secrets ?? []).map(({ secret }) => secret))].sort();
  const { restartedAt } = deployment;
  return {
    'cameleer.io/release': release.metadata.name,
    ...(used.length === 0 ? {} : { 'cameleer.io/secrets': secretsHash(used, secrets) }),
    ...(restartedAt === undefined ? {} : { 'cameleer.io/restarted-at': restartedAt }),
  };
}

/** Changes whenever one of the encrypted files does, so that the pods roll; nothing is decrypted for it. */
function secretsHash(names: readonly string[], secrets: Workload['secrets']): string {
  const hash = createHash('sha256');
  for (const name of names) hash.update(`${name} ${secrets.get(name)?.oid ?? 'absent'}\n`);
  return hash.digest('hex').slice(0, 16);
}

function holdAnnotations({ reason, by, until }: Hold['spec']): Labels {
  return { 'cameleer.io/hold': reason, 'cameleer.io/hold-by': by, ...(until === undefined ? {} : { 'cameleer.io/hold-until': until }) };
}

const readableByGroup = 0o440;

function mounted(deployment: AppDeployment['spec']): { readonly secret: string; readonly mountPath: string }[] {
  return (deployment.secrets ?? []).flatMap(({ secret, mountPath }) => (mountPath === undefined ? [] : [{ secret, mountPath }]));
}

function volumes(deployment: AppDeployment['spec']): Volume[] {
  const names = [...new Set(mounted(deployment).map(({ secret }) => secret))].sort();
  return [
    { emptyDir: { sizeLimit: Quantity.fromString('512Mi') }, name: 'tmp' },
    ...names.map((secretName) => ({ name: `secret-${secretName}`, secret: { defaultMode: readableByGroup, secretName } })),
  ];
}

function volumeMounts(deployment: AppDeployment['spec']): VolumeMount[] {
  const secrets = mounted(deployment).map(({ secret, mountPath }) => ({ mountPath, name: `secret-${secret}`, readOnly: true }));
  return [{ mountPath: '/tmp', name: 'tmp' }, ...secrets];
}
