import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { findMarked, isRunning, startTimeOf } from './process-identity.ts';
import type { PodRecord } from './pod-record.ts';
import { deployment, revisionOf, service, until, workplace, type Workplace } from './testing/fake-cell.ts';
import { ask, podsOf, servicePort } from './testing/look.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 60_000 });

let place: Workplace;
const started: ChildProcess[] = [];
beforeEach(async () => {
  place = await workplace();
});
afterEach(async () => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
  // A runner that adopts what a failed test left, so that `remove` can stop it.
  await place.open().catch(() => {});
  await place.remove();
});

async function controlPlane(): Promise<ChildProcess> {
  const script = join(import.meta.dirname, 'testing/control-plane.ts');
  const child = spawn(process.execPath, [script, place.directory, place.java, join(dirname(place.directory), 'registry')], { stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  return child;
}

async function applyIn(child: ChildProcess, objects: readonly object[]): Promise<void> {
  child.stdin!.write(`${JSON.stringify({ objects })}\n`);
  await once(child.stdout!, 'data');
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL');
  await once(child, 'exit');
}

const records = (): PodRecord[] => {
  const folder = join(place.directory, 'pods');
  if (!existsSync(folder)) return [];
  const paths = readdirSync(folder).map((uid) => join(folder, uid, 'record.json'));
  return paths.filter((path) => existsSync(path)).map((path) => JSON.parse(readFileSync(path, 'utf8')) as PodRecord);
};
const liveRecords = (): PodRecord[] => records().filter((record) => record.process !== undefined && isRunning(record.process as { pid: number; startTime: string }));
const ourProcesses = (): number[] => findMarked('CAMELEER_RUNNER', readFileSync(join(place.directory, 'runner-id'), 'utf8').trim(), 'CAMELEER_POD').map(({ pid }) => pid);

describe('after kill -9 of the control plane', () => {
  test('the next one takes over the running processes: same pids, same service port, same pods', async () => {
    const wanted = [deployment(place.image, { replicas: 2 }), service()];
    const first = await controlPlane();
    await applyIn(first, wanted);
    const before = await until(() => liveRecords().length === 2 && liveRecords(), 'two processes');
    const ports = readFileSync(join(place.directory, 'services.json'), 'utf8');
    await kill(first);
    const runner = await place.open();
    await runner.apply(revisionOf(wanted));
    await until(() => podsOf(runner).filter((pod) => pod.ready).length === 2, 'both ready');
    expect(new Set(liveRecords().map((record) => record.process!.pid))).toEqual(new Set(before.map((record) => record.process!.pid)));
    expect(podsOf(runner).map((pod) => pod.restarts)).toEqual([0, 0]);
    expect(JSON.parse(ports)).toEqual({ 'local/t-acme--dev/orders/http': servicePort(runner) });
    expect((await ask(servicePort(runner))).pid).toBeGreaterThan(0);
  });

  test('in the midst of a rollout, the next one ends with exactly the wanted pods', async () => {
    for (const delay of [60, 450]) {
      const first = await controlPlane();
      await applyIn(first, [deployment(place.image, { replicas: 2, env: { VERSION: `${delay}` } }), service()]);
      await until(() => liveRecords().length >= 2, 'two processes');
      await applyIn(first, [deployment(place.image, { replicas: 2, env: { VERSION: `${delay}-next` } }), service()]);
      await sleep(delay);
      await kill(first);
      const runner = await place.open();
      await runner.apply(revisionOf([deployment(place.image, { replicas: 2, env: { VERSION: `${delay}-next` } }), service()]));
      const pods = await until(() => {
        const seen = podsOf(runner);
        return seen.length === 2 && seen.every((pod) => pod.ready) && seen;
      }, `exactly two pods, killed after ${delay} ms`);
      for (const pod of pods) expect((await ask(pod.port)).env['VERSION']).toBe(`${delay}-next`);
      await until(() => ourProcesses().length === 2, 'exactly two processes');
      await runner.close({ keepPods: true });
    }
  });

  test('what is no longer wanted is stopped, also when its pod is unknown', async () => {
    const first = await controlPlane();
    await applyIn(first, [deployment(place.image), deployment(place.image, { name: 'billing' })]);
    const both = await until(() => liveRecords().length === 2 && liveRecords(), 'two processes');
    await kill(first);
    const lost = both.find((record) => record.owner === 'billing')!;
    const { rmSync } = await import('node:fs');
    rmSync(join(place.directory, 'pods', lost.uid), { recursive: true });
    const runner = await place.open();
    expect(ourProcesses()).not.toContain(lost.process!.pid);
    await runner.apply(revisionOf([]));
    await until(() => ourProcesses().length === 0, 'no process');
  });

  test('a process that was started but not yet recorded is adopted', async () => {
    const wanted = [deployment(place.image)];
    const first = await controlPlane();
    await applyIn(first, wanted);
    const [record] = await until(() => liveRecords().length === 1 && liveRecords(), 'a process');
    await kill(first);
    const { process: running, ...unrecorded } = record!;
    writeFileSync(join(place.directory, 'pods', record!.uid, 'record.json'), JSON.stringify(unrecorded));
    const runner = await place.open();
    await runner.apply(revisionOf(wanted));
    const pod = await until(() => podsOf(runner).find((candidate) => candidate.ready), 'ready');
    expect((await ask(pod.port)).pid).toBe(running!.pid);
  });

  test('a process that ended meanwhile is started again, and its end is told as unknown', async () => {
    const wanted = [deployment(place.image), service()];
    const first = await controlPlane();
    await applyIn(first, wanted);
    const [record] = await until(() => liveRecords().length === 1 && liveRecords(), 'a process');
    await kill(first);
    process.kill(record!.process!.pid, 'SIGKILL');
    const runner = await place.open();
    await until(() => podsOf(runner)[0]?.restarts === 1, 'its end is seen');
    await sleep(300);
    expect(liveRecords()).toEqual([]);
    await runner.apply(revisionOf(wanted));
    const pod = await until(() => podsOf(runner).find((candidate) => candidate.ready), 'ready');
    expect(pod).toMatchObject({ uid: record!.uid, restarts: 1, last: { reason: 'ContainerStatusUnknown' } });
    // It waited for the cell, so it knows its peers.
    expect((await ask(pod.port)).env['ORDERS_SERVICE_PORT']).toBe(String(servicePort(runner)));
  });
});

test('a foreign process that has got a recorded pid is never touched', async () => {
  const foreign = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
  started.push(foreign);
  const first = await place.open();
  await first.apply(revisionOf([deployment(place.image)]));
  const [record] = await until(() => liveRecords().length === 1 && liveRecords(), 'a process');
  await first.close({ keepPods: false });
  const folder = join(place.directory, 'pods', record!.uid);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'record.json'), JSON.stringify({ ...record, process: { ...record!.process, pid: foreign.pid, startTime: startTimeOf(foreign.pid!) } }));
  const second = await place.open();
  await second.apply(revisionOf([]));
  await until(() => podsOf(second).length === 0, 'the pod is gone');
  expect(foreign.exitCode).toBeNull();
  expect(startTimeOf(foreign.pid!)).toBeDefined();
});

test('keepPods leaves the processes, without it they stop', async () => {
  const first = await place.open();
  await first.apply(revisionOf([deployment(place.image)]));
  await until(() => podsOf(first).some((pod) => pod.ready), 'ready');
  await first.close({ keepPods: true });
  expect(ourProcesses().length).toBe(1);
  const second = await place.open();
  await second.close({ keepPods: false });
  expect(ourProcesses()).toEqual([]);
});
