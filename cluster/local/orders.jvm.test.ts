import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildImage, defaultJarLimits, inspectJar } from '../../images/index.ts';
import { buildCamelApp, type CamelApp } from '../../tools/build-camel.ts';
import type { LogLine } from '../driver.ts';
import type { LocalRunner } from './open-local-runner.ts';
import { deployment, NAMESPACE, revisionOf, service, workplace, type FakeApp, type Workplace } from './testing/fake-cell.ts';
import { podsOf, servicePort } from './testing/look.ts';

const JAVA = process.env['JAVA_HOME'] === undefined ? 'java' : join(process.env['JAVA_HOME'], 'bin/java');
let place: Workplace;
let images: Record<'first' | 'second' | 'billing', string>;

beforeAll(async () => {
  place = await workplace();
  images = { first: await image('orders', '1'), second: await image('orders', '2'), billing: await image('billing', '1') };
});
afterAll(async () => {
  await place.open({ java: JAVA }).catch(() => {});
  await place.remove();
});

async function image(app: CamelApp, version: string): Promise<string> {
  const jarPath = await buildCamelApp(app, { version });
  const jar = { sha256: createHash('sha256').update(readFileSync(jarPath)).digest('hex'), size: statSync(jarPath).size };
  const repository = `acme/${app}`;
  const { digest } = await buildImage({ jarPath, jar, inspection: await inspectJar(jarPath, defaultJarLimits), registry: place.registry, repository });
  return `registry.test/cell/${repository}@${digest}`;
}

const probes = (path: string): FakeApp['container'] => ({
  startupProbe: { tcpSocket: { port: 'http' }, periodSeconds: 1, failureThreshold: 60 },
  readinessProbe: { httpGet: { path, port: 'http' }, periodSeconds: 2 },
  livenessProbe: { httpGet: { path, port: 'http' }, periodSeconds: 5 },
  resources: { requests: { cpu: '500m', memory: '256Mi' }, limits: { memory: '256Mi' } },
});
const orders = (version: 'first' | 'second', replicas = 1): object => deployment(images[version], { replicas, container: probes('/health')! });
const billing = (): object => deployment(images.billing, { name: 'billing', ports: [{ name: 'http', containerPort: 8081 }], container: probes('/actuator/health')! });

async function ready(runner: LocalRunner, application: string, count: number, not: readonly string[] = []): Promise<ReturnType<typeof podsOf>> {
  for (;;) {
    const pods = podsOf(runner, application);
    if (pods.length === count && pods.every((pod) => pod.ready && !not.includes(pod.uid))) return pods;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const greet = async (port: number): Promise<string> => (await fetch(`http://127.0.0.1:${port}/`, { headers: { connection: 'close' } })).text();

test('orders and billing run, orders is updated without an unanswered call, killed, and adopted by the next control plane', async () => {
  const runner = await place.open({ java: JAVA });
  await runner.apply(revisionOf([orders('first', 2), service(), billing(), { ...service('billing') }]));
  const before = await ready(runner, 'orders', 2);
  await ready(runner, 'billing', 1);
  const port = servicePort(runner);
  expect(await greet(port)).toContain('1');
  const order = await fetch(`http://127.0.0.1:${port}/orders`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ item: 'tea', quantity: 2 }) });
  expect(order.status).toBeLessThan(300);

  await runner.apply(revisionOf([orders('second', 2), service(), billing(), service('billing')]));
  const calls: Promise<string>[] = [];
  const caller = setInterval(() => calls.push(greet(port)), 100);
  const after = await ready(runner, 'orders', 2, before.map((pod) => pod.uid));
  clearInterval(caller);
  const answers = await Promise.all(calls);
  expect(answers.every((answer) => answer !== '')).toBe(true);
  expect(await greet(port)).toContain('2');

  const victim = JSON.parse(readFileSync(join(place.directory, 'pods', after[0]!.uid, 'record.json'), 'utf8')) as { process: { pid: number } };
  process.kill(victim.process.pid, 'SIGKILL');
  await expect.poll(() => podsOf(runner).find((pod) => pod.uid === after[0]!.uid && pod.ready)?.last, { timeout: 60_000 }).toMatchObject({ exitCode: 137, signal: 9 });

  const lines: LogLine[] = [];
  for await (const line of runner.logs({ namespace: NAMESPACE, application: 'orders' })) lines.push(line);
  expect(lines.some(({ text }) => text.includes('Apache Camel'))).toBe(true);
  // Found through its service variables.
  expect(lines.some(({ text }) => text.includes('invoice: '))).toBe(true);
  expect(new Set(lines.map(({ pod }) => pod)).size).toBe(4);
  await runner.close({ keepPods: false });
});

test('a rollout whose control plane is killed ends with exactly the wanted process', async () => {
  const script = join(import.meta.dirname, 'testing/control-plane.ts');
  const child = spawn(process.execPath, [script, place.directory, JAVA, join(dirname(place.directory), 'registry')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const apply = async (objects: readonly object[]): Promise<void> => {
    child.stdin.write(`${JSON.stringify({ objects })}\n`);
    await once(child.stdout, 'data');
  };
  await apply([orders('first'), service()]);
  await new Promise((resolve) => setTimeout(resolve, 4000));
  await apply([orders('second'), service()]);
  await new Promise((resolve) => setTimeout(resolve, 500));
  child.kill('SIGKILL');
  await once(child, 'exit');
  const runner = await place.open({ java: JAVA });
  await runner.apply(revisionOf([orders('second'), service()]));
  await expect.poll(() => podsOf(runner).map((pod) => pod.ready), { timeout: 60_000 }).toEqual([true]);
  await expect.poll(() => greet(servicePort(runner)), { timeout: 60_000 }).toContain('2');
  await runner.close({ keepPods: false });
});
