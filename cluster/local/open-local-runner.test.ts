import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LocalRunner } from './open-local-runner.ts';
import { deployment, NAMESPACE, revisionOf, service, until, workplace, type FakeApp, type Workplace } from './testing/fake-cell.ts';
import { ask, condition, podsOf, servicePort } from './testing/look.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 60_000 });

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.remove());

const apply = (runner: LocalRunner, app: FakeApp = {}): Promise<void> => runner.apply(revisionOf([deployment(place.image, app), service()]));
const ready = (runner: LocalRunner, count: number) => until(() => {
  const pods = podsOf(runner);
  return pods.length === count && pods.every((pod) => pod.ready) && pods;
}, `${count} ready pods`);

describe('a deployment', () => {
  test('becomes ready processes behind a stable port, in Kubernetes’ shapes', async () => {
    const runner = await place.open();
    await apply(runner, { replicas: 2, env: { GREETING: 'hello', COPY: '$(GREETING) $$(GREETING)' }, container: { resources: { requests: { cpu: '1500m' }, limits: { memory: '256Mi' } } } });
    const pods = await ready(runner, 2);
    const port = servicePort(runner);
    const answers = [await ask(port), await ask(port)];
    expect(new Set(answers.map((answer) => answer.pid)).size).toBe(2);
    const { env, args, cwd } = answers[0]!;
    expect(env).toMatchObject({ GREETING: 'hello', COPY: 'hello $(GREETING)', ORDERS_SERVICE_HOST: '127.0.0.1', ORDERS_SERVICE_PORT: String(port) });
    expect(env['JAVA_TOOL_OPTIONS']).toBe(`-XX:MaxRAM=268435456 -XX:ActiveProcessorCount=2 -Dserver.port=${env['SERVER_PORT']} -Dserver.address=127.0.0.1`);
    expect(args).toEqual(['-cp', 'app/classes:app/lib/*:cameleer/addons/*', 'Main']);
    expect(cwd).toMatch(/pods\/images\/[0-9a-f]{64}$/);
    expect(pods.map((pod) => pod.port)).toContain(Number(env['SERVER_PORT']));
    expect(Object.keys(env)).not.toContain('VITEST');
    const [observed] = runner.list({ kind: 'Deployment', name: 'orders' });
    expect(observed).toMatchObject({ metadata: { generation: 1 }, status: { observedGeneration: 1, replicas: 2, readyReplicas: 2, updatedReplicas: 2 } });
    expect(condition(runner, 'Deployment', 'orders', 'Progressing')).toMatchObject({ status: 'True', reason: 'NewReplicaSetAvailable' });
    const [kustomization] = runner.list({ kind: 'Kustomization', name: 't-acme--dev' });
    expect(kustomization).toMatchObject({ status: { inventory: { entries: [{ id: 't-acme--dev_orders__Service' }, { id: 't-acme--dev_orders_apps_Deployment' }] } } });
  });

  test('is updated without a moment in which no pod is ready', async () => {
    const runner = await place.open();
    await apply(runner, { replicas: 2 });
    const before = await ready(runner, 2);
    let fewest = 2;
    let most = 2;
    runner.watch(() => {
      const live = podsOf(runner).filter((pod) => !pod.deleting);
      fewest = Math.min(fewest, live.filter((pod) => pod.ready).length);
      most = Math.max(most, live.length);
    });
    await apply(runner, { replicas: 2, env: { VERSION: '2', FAKE_READY_AFTER_MS: '300' } });
    const after = await until(() => {
      const pods = podsOf(runner);
      return pods.length === 2 && pods.every((pod) => pod.ready && !before.some((old) => old.uid === pod.uid)) && pods;
    }, 'two new pods');
    expect(after.length).toBe(2);
    expect([fewest, most]).toEqual([2, 3]);
    expect((await ask(servicePort(runner))).env['VERSION']).toBe('2');
  });

  test('scales, is suspended with 0 replicas, and is pruned', async () => {
    const runner = await place.open();
    await apply(runner, { replicas: 3 });
    const three = await ready(runner, 3);
    const port = servicePort(runner);
    await apply(runner, { replicas: 1 });
    const [one] = await ready(runner, 1);
    expect(three.map((pod) => pod.uid)).toContain(one!.uid);
    await apply(runner, { replicas: 0 });
    await until(() => podsOf(runner).length === 0, 'no pods');
    await expect(ask(port)).rejects.toThrow();
    await apply(runner);
    await ready(runner, 1);
    expect(servicePort(runner)).toBe(port);
    await runner.apply(revisionOf([]));
    await until(() => podsOf(runner).length === 0, 'no pods');
    expect(runner.list({ kind: 'Deployment' })).toEqual([]);
    expect(runner.list({ kind: 'Service' })).toEqual([]);
  });

  test('an unchanged one is left alone', async () => {
    const runner = await place.open();
    const revision = revisionOf([deployment(place.image), service()]);
    await runner.apply(revision);
    const [pod] = await ready(runner, 1);
    let reads = 0;
    await runner.apply({ ...revision, revision: 'cells/local@sha1:next', read: (path) => { reads += 1; return revision.read(path); } });
    expect(reads).toBe(0);
    expect(podsOf(runner).map(({ uid }) => uid)).toEqual([pod!.uid]);
    expect(runner.list({ kind: 'Kustomization', name: 't-acme--dev' })[0]).toMatchObject({ status: { lastAppliedRevision: 'cells/local@sha1:next' } });
  });
});

describe('faults', () => {
  test('a process that exits at once is restarted with back-off, and says why', async () => {
    const runner = await place.open();
    await apply(runner, { env: { FAKE_EXIT: '3' } });
    const pod = await until(() => podsOf(runner).find((candidate) => candidate.restarts >= 3), 'three restarts');
    expect(pod.last).toMatchObject({ exitCode: 3, reason: 'Error' });
    expect(pod.last!.message).toContain('it can not run');
    await until(() => podsOf(runner)[0]?.waiting === 'CrashLoopBackOff', 'back-off');
    await until(() => condition(runner, 'Deployment', 'orders', 'ReplicaFailure')?.message.endsWith('its last line: it can not run'), 'the last line that says why, on the status');
    expect(condition(runner, 'Deployment', 'orders', 'Available')).toMatchObject({ status: 'False', reason: 'MinimumReplicasUnavailable' });
  });

  test('a bad update leaves the old pod running and fails after its deadline', async () => {
    const runner = await place.open();
    await apply(runner);
    const [old] = await ready(runner, 1);
    await apply(runner, { env: { FAKE_NEVER_READY: '1' }, spec: { progressDeadlineSeconds: 1 } });
    await until(() => condition(runner, 'Deployment', 'orders', 'Progressing')?.reason === 'ProgressDeadlineExceeded', 'the deadline');
    expect(podsOf(runner).find((pod) => pod.uid === old!.uid)?.ready).toBe(true);
    expect((await ask(servicePort(runner))).env['FAKE_NEVER_READY']).toBeUndefined();
  });

  test('a killed process is restarted in the same pod, with signal and time', async () => {
    const runner = await place.open();
    await apply(runner);
    const [before] = await ready(runner, 1);
    process.kill((await ask(before!.port)).pid, 'SIGKILL');
    const after = await until(() => podsOf(runner).find((pod) => pod.ready && pod.restarts === 1), 'one restart');
    expect(after.uid).toBe(before!.uid);
    expect(after.last).toMatchObject({ exitCode: 137, signal: 9, reason: 'Error' });
  });

  test('a failing liveness probe restarts the process', async () => {
    const runner = await place.open();
    await apply(runner, { container: { livenessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1, failureThreshold: 2 } } });
    const [pod] = await ready(runner, 1);
    await ask(pod!.port, '/break');
    const after = await until(() => podsOf(runner).find((candidate) => candidate.ready && candidate.restarts === 1), 'a restart');
    expect(after.uid).toBe(pod!.uid);
    expect(runner.list({ kind: 'Event' }).map((event) => event['reason'])).toContain('Unhealthy');
  });

  test('a process that ignores SIGTERM is killed after its grace period', async () => {
    const runner = await place.open();
    await apply(runner, { env: { FAKE_IGNORES_TERM: '1' }, pod: { terminationGracePeriodSeconds: 1 } });
    await ready(runner, 1);
    const from = performance.now();
    await runner.apply(revisionOf([]));
    await until(() => podsOf(runner).length === 0, 'the end');
    expect(performance.now() - from).toBeGreaterThan(900);
  });

  test('a missing image, and one that is not pinned', async () => {
    const runner = await place.open();
    await runner.apply(revisionOf([deployment(`registry.test/cell/acme/orders@sha256:${'0'.repeat(64)}`), deployment('registry.test/acme/billing:latest', { name: 'billing' })]));
    await until(() => podsOf(runner)[0]?.waiting === 'ImagePullFailed', 'ImagePullFailed');
    await until(() => podsOf(runner, 'billing')[0]?.waiting === 'InvalidImageName', 'InvalidImageName');
    expect(condition(runner, 'Deployment', 'orders', 'ReplicaFailure')?.reason).toBe('ImagePullFailed');
  });

  test('no Java: said, and repaired without a restart', async () => {
    const runner = await place.open({ java: `${place.java}-later` });
    await apply(runner);
    await until(() => condition(runner, 'Deployment', 'orders', 'ReplicaFailure')?.reason === 'JavaNotFound', 'JavaNotFound');
    const { symlinkSync } = await import('node:fs');
    symlinkSync(place.java, `${place.java}-later`);
    await ready(runner, 1);
  });

  test('one broken object does not hold up the others', async () => {
    const runner = await place.open();
    await runner.apply(revisionOf([deployment(place.image), service()], { 'tenants/ac/acme/dev/broken.yaml': 'a: [' }));
    await ready(runner, 1);
    expect(condition(runner, 'Kustomization', 't-acme--dev', 'Ready')).toMatchObject({ status: 'False', reason: 'ReconciliationFailed' });
    expect(runner.list({ kind: 'Kustomization', name: 't-acme--dev' })[0]!['status']).not.toHaveProperty('lastAppliedRevision');
  });
});

describe('ports', () => {
  test('an application that ignores its port runs once and says so; its update stops the old process first', async () => {
    const runner = await place.open();
    const port = 31_000 + (process.pid % 1000);
    const app = { replicas: 2, env: { FAKE_PORT: String(port) }, ports: [{ name: 'http', containerPort: port }] };
    await apply(runner, app);
    await until(() => condition(runner, 'Deployment', 'orders', 'cameleer.io/SingleReplica')?.reason === 'PortNotOverridable', 'the notice');
    const [before] = await ready(runner, 1);
    expect(before!.port).toBe(port);
    await apply(runner, { ...app, env: { ...app.env, VERSION: '2' } });
    const after = await until(() => podsOf(runner).find((pod) => pod.ready && pod.uid !== before!.uid), 'the new pod');
    expect(after.restarts).toBe(0);
    expect((await ask(servicePort(runner))).env['VERSION']).toBe('2');
  });

  test('a declared port that can’t be moved and is taken: PortInUse, until it is free', async () => {
    const thief = createServer().listen(0, '127.0.0.1');
    await once(thief, 'listening');
    const { port } = thief.address() as AddressInfo;
    const runner = await place.open();
    await apply(runner, { ports: [{ name: 'http', containerPort: 8080 }, { name: 'admin', containerPort: port }] });
    await until(() => condition(runner, 'Deployment', 'orders', 'ReplicaFailure')?.reason === 'PortInUse', 'PortInUse');
    await new Promise((resolve) => thief.close(resolve));
    await ready(runner, 1);
  });

  test('with several declared ports one replica runs', async () => {
    const runner = await place.open();
    await apply(runner, { replicas: 2, ports: [{ name: 'http', containerPort: 8080 }, { name: 'admin', containerPort: 32_100 + (process.pid % 500) }] });
    await ready(runner, 1);
    expect(condition(runner, 'Deployment', 'orders', 'cameleer.io/SingleReplica')?.reason).toBe('SeveralPorts');
  });
});

test('a service whose port another program holds says so, and takes it when it is free again', async () => {
  const first = await place.open();
  await apply(first);
  await ready(first, 1);
  const port = servicePort(first);
  await first.close({ keepPods: true });
  const thief = createServer().listen(port, '127.0.0.1');
  await once(thief, 'listening');
  const runner = await place.open();
  await apply(runner);
  expect(condition(runner, 'Service', 'orders', 'Ready')).toMatchObject({ status: 'False', reason: 'PortInUse' });
  await new Promise((resolve) => thief.close(resolve));
  await until(() => condition(runner, 'Service', 'orders', 'Ready')?.status === 'True', 'listening');
  expect((await ask(port)).pid).toBeGreaterThan(0);
});

test('a second runner on the same directory is refused', async () => {
  await place.open();
  await expect(place.open()).rejects.toMatchObject({ code: 'data_directory_in_use' });
});

test('after a restart times, uids and generations go on, and an adopted pod stays ready', async () => {
  const first = await place.open();
  await apply(first, { env: { VERSION: '1' } });
  await ready(first, 1);
  await apply(first, { env: { VERSION: '2' } });
  await until(() => podsOf(first).length === 1 && condition(first, 'Deployment', 'orders', 'Progressing')?.reason === 'NewReplicaSetAvailable', 'the update');
  const [before] = first.list({ kind: 'Deployment' });
  const [pod] = first.list({ kind: 'Pod' });
  await first.close({ keepPods: true });
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const runner = await place.open();
  const unready: unknown[] = [];
  runner.watch((object) => {
    const available = condition(runner, 'Deployment', 'orders', 'Available');
    if (object.kind === 'Deployment' && available?.status !== 'True') unready.push(available);
  });
  await apply(runner, { env: { VERSION: '2' } });
  await until(() => podsOf(runner)[0]?.ready, 'ready');
  expect(unready).toEqual([]);
  expect(runner.list({ kind: 'Deployment' })[0]).toEqual(before);
  expect(runner.list({ kind: 'Pod' })[0]).toEqual(pod);
});

test('what Flux would do: a suspended Kustomization changes nothing, a HelmRelease is not run, Secrets show no values', async () => {
  const runner = await place.open();
  const helmRelease = { apiVersion: 'helm.toolkit.fluxcd.io/v2', kind: 'HelmRelease', metadata: { name: 't-acme', annotations: { 'cameleer.io/suspended-because': 'not yet' } }, spec: { suspend: true } };
  const policy = { apiVersion: 'networking.k8s.io/v1', kind: 'NetworkPolicy', metadata: { name: 'default-deny', namespace: NAMESPACE }, spec: {} };
  await runner.apply(revisionOf([deployment(place.image), helmRelease, policy]));
  const [pod] = await ready(runner, 1);
  expect(condition(runner, 'HelmRelease', 't-acme', 'Ready')).toMatchObject({ reason: 'Suspended', message: 'not yet' });
  expect(runner.list({ kind: 'NetworkPolicy' }).length).toBe(1);
  expect(runner.notEnforced).toContain('NetworkPolicy');
  const frozen = `apiVersion: kustomize.toolkit.fluxcd.io/v1\nkind: Kustomization\nmetadata: { name: ${NAMESPACE}, namespace: cameleer-system }\nspec: { path: ./tenants/ac/acme/dev, suspend: true }\n`;
  await runner.apply(revisionOf([deployment(place.image, { env: { VERSION: '2' } })], { 'tenants/ac/acme/_tenant/dev.yaml': frozen }));
  expect(condition(runner, 'Kustomization', NAMESPACE, 'Ready')).toMatchObject({ reason: 'Suspended' });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(podsOf(runner).map(({ uid }) => uid)).toEqual([pod!.uid]);
});

test('a cell that is no longer local is stopped', async () => {
  const runner = await place.open();
  await apply(runner);
  await ready(runner, 1);
  await runner.retainCells(['local']);
  expect(podsOf(runner).length).toBe(1);
  await runner.retainCells([]);
  await until(() => podsOf(runner).length === 0, 'no pods');
});
