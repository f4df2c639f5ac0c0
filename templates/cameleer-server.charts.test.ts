import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse, parseAllDocuments, stringify } from 'yaml';
import { renderTenant } from '../synth/index.ts';
import { exampleState } from '../synth/testing/example-state.ts';
import { strictProblems } from '../synth/testing/strict-schema.ts';
import { helm } from '../tools/helm.ts';

const chart = join(import.meta.dirname, 'charts/cameleer-server');
interface Manifest { apiVersion: string; kind: string; metadata: { namespace: string }; spec: { replicas: number; template: { metadata: { labels: Record<string, string> }; spec: { containers: { image: string; ports: { name: string; containerPort: number }[] }[] } } } }

let binary: string;
let work: string;
beforeAll(() => {
  binary = helm();
  work = mkdtempSync(join(tmpdir(), 'chart-'));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function template(values: unknown): Manifest[] {
  const file = join(work, 'values.yaml');
  writeFileSync(file, stringify(values));
  const text = execFileSync(binary, ['template', 'cameleer-server', chart, '--namespace', 't-x', '--values', file], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  return parseAllDocuments(text).map((document) => document.toJS() as Manifest);
}

async function valuesOf(tenant: string): Promise<Record<string, unknown>> {
  const { platform, tenants } = await exampleState();
  const files = renderTenant(platform, tenants.get(tenant)!).get('local')!;
  const text = [...files].find(([path]) => path.includes('.helmrelease.'))![1];
  return (parse(text) as { spec: { values: Record<string, unknown> } }).spec.values;
}

test('passes helm lint', () => {
  expect(() => execFileSync(binary, ['lint', '--strict', chart], { stdio: 'pipe' })).not.toThrow();
});

test.each(['acme', 'globex', 'initech'])('takes the values of %s and gives objects without an unknown field', async (tenant) => {
  const objects = template(await valuesOf(tenant));
  expect(objects.map(({ kind }) => kind).sort()).toEqual(['ConfigMap', 'Deployment', 'PersistentVolumeClaim', 'Service']);
  for (const object of objects) expect(await strictProblems(object), object.kind).toEqual([]);
  expect(objects.every(({ metadata }) => metadata.namespace === 't-x')).toBe(true);
});

test('its pod is the one that the policies mean', async () => {
  const pod = template(await valuesOf('acme')).find(({ kind }) => kind === 'Deployment')!.spec.template;
  expect(pod.metadata.labels).toMatchObject({ 'app.kubernetes.io/name': 'cameleer-server', 'cameleer.io/tenant': 'acme' });
  expect(pod.spec.containers[0]!.ports).toEqual([{ name: 'http', containerPort: 8080 }, { name: 'management', containerPort: 8081 }]);
});

test('runs nothing without an image, and takes one by digest only', async () => {
  const values = { ...(await valuesOf('acme')), replicas: 1 };
  const replicas = (more: object) => template({ ...values, ...more }).find(({ kind }) => kind === 'Deployment')!.spec.replicas;
  expect(replicas({ image: '' })).toBe(0);
  expect(replicas({ image: `registry.example/server@sha256:${'0'.repeat(64)}` })).toBe(1);
  expect(() => replicas({ image: 'registry.example/server:latest' })).toThrow();
  expect(() => replicas({ unknown: true })).toThrow();
});
