import { createHash } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { stringify } from 'yaml';
import { openLayoutRegistry, type Registry } from '../../../images/index.ts';
import type { CellRevision, KubernetesObject } from '../../driver.ts';
import { openLocalRunner, type LocalRunner, type LocalRunnerOptions } from '../open-local-runner.ts';
import { defaultTiming } from '../timing.ts';

export const NAMESPACE = 't-acme--dev';
const FOLDER = 'tenants/ac/acme';

/** Back-offs of a test take a tenth of a second instead of ten seconds. */
export const quick = { ...defaultTiming, backOffBaseMs: 100, backOffMaxMs: 1000, pollMs: 50, eagerProbeMs: 50, serviceRetryMs: 100 };

export interface FakeApp {
  readonly name?: string;
  readonly replicas?: number;
  readonly env?: Readonly<Record<string, string>>;
  readonly ports?: readonly { name: string; containerPort: number }[];
  /** Merged into the container. */
  readonly container?: object;
  /** Merged into the pod's spec. */
  readonly pod?: object;
  /** Merged into the Deployment's spec. */
  readonly spec?: object;
}

/** A folder for one test, a program that stands for Java in it, and a registry with one small image. */
export interface Workplace {
  readonly directory: string;
  readonly java: string;
  readonly registry: Registry;
  readonly image: string;
  open(options?: Partial<LocalRunnerOptions>): Promise<LocalRunner>;
  /** Stops what the test opened and removes the folder. */
  remove(): Promise<void>;
}

export async function workplace(): Promise<Workplace> {
  const root = mkdtempSync(join(tmpdir(), 'cameleer-runner-'));
  const directory = join(root, 'pods');
  const java = join(root, 'java');
  writeFileSync(java, `#!/bin/sh\nexec "${process.execPath}" "${join(import.meta.dirname, 'fake-java.ts')}" "$@"\n`);
  chmodSync(java, 0o755);
  const registry = await openLayoutRegistry(join(root, 'registry'));
  const digest = await putImage(registry, 'acme/orders', { Entrypoint: ['java'], Cmd: ['-cp', '/app/classes:/app/lib/*:/cameleer/addons/*', 'Main'], Labels: { 'io.cameleer.runtime': 'spring-boot' } });
  const runners: LocalRunner[] = [];
  return {
    directory, java, registry,
    image: `registry.test/cell/acme/orders@${digest}`,
    async open(options = {}) {
      const silent = { info() {}, warn() {}, error() {} };
      const runner = await openLocalRunner({ directory, registry, java, identities: () => Promise.resolve([]), now: () => new Date(), logger: silent, timing: quick, ...options });
      runners.push(runner);
      return runner;
    },
    async remove() {
      for (const runner of runners) await runner.close({ keepPods: false });
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** An image without files: only how it starts. */
export async function putImage(registry: Registry, repository: string, config: object): Promise<string> {
  const bytes = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', config, rootfs: { type: 'layers', diff_ids: [] } }));
  const descriptor = { mediaType: 'application/vnd.oci.image.config.v1+json', digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`, size: bytes.length };
  await registry.putBlob(repository, descriptor, Readable.from([bytes]));
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType, config: descriptor, layers: [] }));
  return (await registry.putManifest(repository, mediaType, manifest)).digest;
}

let revisions = 0;

/** A cell's revision with the frame of tenant acme, environment dev, and these objects (or texts, by path) in it. */
export function revisionOf(objects: readonly object[], texts: Readonly<Record<string, string>> = {}): CellRevision {
  revisions += 1;
  const files = new Map<string, string>();
  files.set('charts/observability-server/templates/server.yaml', '{{ .Values.nothing }}: [');
  files.set('flux/tenants/ac/acme.yaml', stringify(kustomization('t-acme', `./${FOLDER}/_tenant`)));
  files.set(`${FOLDER}/_tenant/dev.yaml`, stringify(kustomization(NAMESPACE, `./${FOLDER}/dev`, { decryption: { provider: 'sops', secretRef: { name: 'age-acme--dev' } } })));
  files.set(`${FOLDER}/_tenant/namespace.yaml`, stringify({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } }));
  for (const object of objects as KubernetesObject[]) files.set(`${FOLDER}/dev/${object.kind}.${object.metadata.name}.yaml`, stringify(object));
  for (const [path, text] of Object.entries(texts)) files.set(path, text);
  return {
    cell: 'local',
    revision: `cells/local@sha1:${String(revisions).padStart(40, '0')}`,
    files: new Map([...files].map(([path, text]) => [path, createHash('sha1').update(text).digest('hex')])),
    read: (path) => Promise.resolve(Buffer.from(files.get(path) ?? '')),
  };
}

export function deployment(image: string, app: FakeApp = {}): object {
  const name = app.name ?? 'orders';
  const labels = { 'app.kubernetes.io/name': name };
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      replicas: app.replicas ?? 1,
      selector: { matchLabels: labels },
      ...app.spec,
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 5,
          ...app.pod,
          containers: [{
            name: 'app', image,
            ports: app.ports ?? [{ name: 'http', containerPort: 8080 }],
            env: Object.entries(app.env ?? {}).map(([variable, value]) => ({ name: variable, value })),
            readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
            ...app.container,
          }],
        },
      },
    },
  };
}

export function service(name = 'orders'): object {
  return {
    apiVersion: 'v1', kind: 'Service', metadata: { name, namespace: NAMESPACE },
    spec: { selector: { 'app.kubernetes.io/name': name }, ports: [{ name: 'http', port: 8080, targetPort: 'http', protocol: 'TCP' }] },
  };
}

function kustomization(name: string, path: string, spec: object = {}): object {
  return { apiVersion: 'kustomize.toolkit.fluxcd.io/v1', kind: 'Kustomization', metadata: { name, namespace: 'cameleer-system' }, spec: { path, prune: true, ...spec } };
}

/** Waits until the look answers something; fails after half a minute, for machines that do much else meanwhile. */
export async function until<T>(look: () => T | undefined | false | Promise<T | undefined | false>, what: string): Promise<T> {
  const deadline = performance.now() + 30_000;
  for (;;) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`Not within half a minute: ${what}`);
    await sleep(20);
  }
}
