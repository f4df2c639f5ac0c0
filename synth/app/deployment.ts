import { createHash } from 'node:crypto';
import type { AppDeployment, Application, Cell, Hold, Release } from '../../schemas/index.ts';
import type { Manifest } from '../files.ts';
import { IntOrString, KubeDeployment, Quantity, type Container, type KubeProbe, type Volume, type VolumeMount } from '../kubernetes.ts';
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
const user = { runAsNonRoot: true, runAsUser: userId, runAsGroup: userId, seccompProfile: { type: 'RuntimeDefault' } };

/** The Deployment, under Pod Security `restricted` and then some: read-only root, no token of the cluster. */
export function deploymentManifest(workload: Workload): Manifest {
  const { name, namespace, labels, hold, replicas } = workload;
  const selector = selectorLabels(name);
  const annotations = hold === undefined ? {} : { annotations: holdAnnotations(hold) };
  return KubeDeployment.manifest({
    metadata: { name, namespace, labels: { ...labels, ...selector }, ...annotations },
    spec: {
      replicas,
      revisionHistoryLimit: 3,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: selector },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: IntOrString.fromNumber(0), maxSurge: IntOrString.fromNumber(1) } },
      template: {
        metadata: { labels: { ...labels, ...selector }, annotations: podAnnotations(workload) },
        spec: {
          automountServiceAccountToken: false,
          enableServiceLinks: true,
          terminationGracePeriodSeconds: 60,
          securityContext: {
            ...user, fsGroup: userId, fsGroupChangePolicy: 'OnRootMismatch',
          },
          topologySpreadConstraints: ['kubernetes.io/hostname', 'topology.kubernetes.io/zone'].map((topologyKey) => ({
            topologyKey, maxSkew: 1, whenUnsatisfiable: 'ScheduleAnyway', labelSelector: { matchLabels: selector },
          })),
          containers: [container(workload)],
          volumes: volumes(workload.deployment),
        },
      },
    },
  }) as Manifest;
}

function container({ cell, application, deployment, release }: Workload): Container {
  const { cpu, memory } = deployment.resources ?? application.defaults?.resources ?? defaultResources;
  const { repository, digest } = release.spec.image;
  return {
    name: 'app',
    image: `${cell.spec.registry}/${repository}@${digest}`,
    imagePullPolicy: 'IfNotPresent',
    ports: (application.ports ?? []).map(({ name, port }) => ({ name, containerPort: port, protocol: 'TCP' })),
    env: containerEnv(application, deployment),
    resources: {
      requests: { cpu: Quantity.fromString(cpu), memory: Quantity.fromString(memory) },
      limits: { memory: Quantity.fromString(memory) },
    },
    securityContext: {
      ...user, allowPrivilegeEscalation: false, privileged: false, readOnlyRootFilesystem: true, capabilities: { drop: ['ALL'] },
    },
    ...probes(application),
    volumeMounts: volumeMounts(deployment),
  };
}

/** As declared; without a readiness probe a pod is ready when its first port answers. */
function probes({ probes: declared = {}, ports = [] }: Application['spec']): Pick<Container, 'startupProbe' | 'readinessProbe' | 'livenessProbe'> {
  const first = ports[0];
  const readiness = declared.readiness ?? (first === undefined ? undefined : { port: first.name });
  return {
    ...(declared.startup === undefined ? {} : { startupProbe: probe(declared.startup) }),
    ...(readiness === undefined ? {} : { readinessProbe: probe(readiness) }),
    ...(declared.liveness === undefined ? {} : { livenessProbe: probe(declared.liveness) }),
  };
}

type DeclaredProbe = NonNullable<NonNullable<Application['spec']['probes']>['readiness']>;

function probe({ path, port: portName, ...timing }: DeclaredProbe): KubeProbe {
  const port = IntOrString.fromString(portName);
  return path === undefined ? { tcpSocket: { port }, ...timing } : { httpGet: { path, port }, ...timing };
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
    { name: 'tmp', emptyDir: { sizeLimit: Quantity.fromString('512Mi') } },
    ...names.map((secretName) => ({ name: `secret-${secretName}`, secret: { secretName, defaultMode: readableByGroup } })),
  ];
}

function volumeMounts(deployment: AppDeployment['spec']): VolumeMount[] {
  const secrets = mounted(deployment).map(({ secret, mountPath }) => ({ name: `secret-${secret}`, mountPath, readOnly: true }));
  return [{ name: 'tmp', mountPath: '/tmp' }, ...secrets];
}
