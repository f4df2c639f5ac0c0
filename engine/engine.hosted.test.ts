import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../schemas/index.ts';
import { openEngine } from './index.ts';
import type { Engine, EngineOptions } from './index.ts';
import { deployment, key, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import { startGitHttpServer } from './testing/git-http-server.ts';
import type { Fault, GitHttpServer, GitRequest } from './testing/git-http-server.ts';

const token = 'not-to-be-seen';
let fixture: Fixture;
let host: GitHttpServer;
let errors: unknown[];
let engine: Engine;
let a: string;

const options = (mirror: string, more: Partial<EngineOptions['remote']> = {}): EngineOptions => ({
  directory: join(fixture.folder, mirror),
  remote: { url: `${host.url}/state.git`, token, deadlineMilliseconds: 3_000, stallMilliseconds: 1_500, ...more },
  signingKey: key.private,
  authorize: () => {},
  now: () => new Date(),
  onError: (error) => errors.push(error),
  pollMilliseconds: 300,
});

beforeEach(async () => {
  errors = [];
  fixture = await makeFixture(3);
  fixture.git(['config', 'http.receivepack', 'true']);
  a = fixture.state.tenantIds[0]!;
  host = await startGitHttpServer(fixture.folder, token);
  engine = await openEngine(options('mirror.git'));
});
afterEach(async () => {
  host.fault = () => undefined;
  await engine.close();
  await host.close();
  await fixture.remove();
});

let counter = 0;
const write = (value = 'v', requestId = `hosted-${(counter += 1)}`, on = engine) => on.write(setField(deployment(a), ['spec', 'env', 'X'], value, { requestId }));
const remoteMain = () => fixture.git(['rev-parse', 'main']);
const times = (requestId: string) => fixture.git(['log', '--format=%H', `--grep=^Request-Id: ${requestId}$`, 'main']).split('\n').filter((line) => line !== '').length;
const isPush = ({ method, service }: GitRequest) => method === 'POST' && service === 'git-receive-pack';

/** The fault at the first requests that it concerns. */
function first(concerns: (request: GitRequest) => boolean, fault: Fault, count = 1): (request: GitRequest) => Fault | undefined {
  let left = count;
  return (request) => (concerns(request) && (left -= 1) >= 0 ? fault : undefined);
}

const orders = (tenant: string) => `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
const region = (text: string, value: string) => text.replace(/ORDERS_REGION: .*/, `ORDERS_REGION: ${value}`);

describe('a write', () => {
  test('is at the host before its answer, main and cells', async () => {
    const { commit } = await write();
    expect(remoteMain()).toBe(commit);
    expect(fixture.git(['rev-parse', 'cells/local'])).toBe(engine.head().cells.get('local'));
    expect(fixture.git(['log', '-1', '--format=%(trailers:key=Source-Commit,valueonly)', 'cells/local'])).toBe(commit);
    expect(errors).toEqual([]);
  });

  test('is made again on what somebody else pushed meanwhile', async () => {
    const pushed = fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'mars') });
    const { base, commit } = await write();
    expect(base).toBe(pushed);
    expect(remoteMain()).toBe(commit);
    expect((await engine.get(deployment(a)))!.object.spec.env).toMatchObject({ ORDERS_REGION: 'mars', X: 'v' });
  });

  test('is made again on what somebody else pushed between the host\'s answer and ours', async () => {
    let pushed = '';
    host.fault = (request) => {
      if (isPush(request) && pushed === '') pushed = fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'venus') });
      return undefined;
    };
    const { base } = await write();
    expect(base).toBe(pushed);
  });

  test('that was overtaken goes before the cells of what overtook it', async () => {
    const mains: string[] = [];
    let pushed = '';
    host.fault = (request) => {
      if (isPush(request) && pushed === '') pushed = fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'saturn') });
      else if (isPush(request)) mains.push(remoteMain());
      return undefined;
    };
    const { commit, base } = await write();
    expect(base).toBe(pushed);
    // The write, then the cells of both.
    expect(mains).toEqual([pushed, commit]);
    expect(fixture.git(['log', '-1', '--format=%(trailers:key=Source-Commit,valueonly)', 'cells/local'])).toBe(commit);
  });

  test('that was overtaken takes along what came meanwhile', async () => {
    let later: Promise<unknown> | undefined;
    let pushes = 0;
    host.fault = (request) => {
      if (!isPush(request)) return undefined;
      pushes += 1;
      later ??= write('later', 'later');
      if (pushes === 1) fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'pluto') });
      return undefined;
    };
    await write('first', 'first');
    await later;
    // Overtaken; then both at once; then the cells.
    expect(pushes).toBe(3);
    expect([times('first'), times('later')]).toEqual([1, 1]);
  });

  test('that others overtake for twenty seconds is given up, says when to try again, and has changed nothing', { timeout: 60_000 }, async () => {
    let turn = 0;
    host.fault = (request) => {
      turn += 1;
      if (isPush(request)) fixture.push({ [orders(a)]: region(fixture.read(orders(a)), `moon-${turn}`) });
      return undefined;
    };
    await expect(write('1', 'outrun')).rejects.toMatchObject({ code: 'overtaken', retryAfterSeconds: 1 });
    host.fault = () => undefined;
    expect(times('outrun')).toBe(0);
    await write('1', 'outrun');
    expect(times('outrun')).toBe(1);
    expect(fixture.git(['log', '-1', '--format=%(trailers:key=Source-Commit,valueonly)', 'cells/local'])).toBe(remoteMain());
  });

  test('does not roll forward a branch that somebody has set back', async () => {
    const before = remoteMain();
    await write('gone');
    fixture.git(['update-ref', 'refs/heads/main', before]);
    await write('kept');
    expect(fixture.git(['rev-parse', 'main^'])).toBe(before);
    expect((await engine.get(deployment(a)))!.object.spec.env).toMatchObject({ X: 'kept' });
  });

  test('is refused for what the host has now, not for what it had when we last looked', async () => {
    const other = await openEngine({ ...options('other.git'), pollMilliseconds: 600_000 });
    await write('theirs');
    const etag = (await engine.get(deployment(a)))!.oid;
    const intent = { ...setField(deployment(a), ['spec', 'env', 'X'], 'mine'), preconditions: [{ ref: deployment(a), etag }] };
    expect((await other.write(intent)).base).toBe(engine.head().commit);
    await other.close();
  });

  test('that changes nothing is answered from what the host has now', async () => {
    const other = await openEngine({ ...options('other.git'), pollMilliseconds: 600_000 });
    await write('1', 'same-1', other);
    await write('2', 'same-2');
    expect(await write('1', 'same-3', other)).toMatchObject({ changed: true });
    await other.close();
  });

  test('is found under its Request-Id by a process that has not heard of it', async () => {
    const other = await openEngine({ ...options('other.git'), pollMilliseconds: 600_000 });
    const { commit } = await write('1', 'once');
    expect((await write('1', 'once', other)).commit).toBe(commit);
    expect(times('once')).toBe(1);
    await other.close();
  });
});

describe('a host that', () => {
  const passing: Readonly<Record<string, () => typeof host.fault>> = {
    'asks to come again later (429) before': () => first(({ service }) => service === 'git-receive-pack', { kind: 'status', status: 429, headers: { 'Retry-After': '1' } }),
    'asks to come again later (429) at': () => first(isPush, { kind: 'status', status: 429, headers: { 'Retry-After': '1' } }),
    'fails (500) at': () => first(isPush, { kind: 'status', status: 500 }),
    'fails behind a gateway (502) at': () => first(isPush, { kind: 'status', status: 502 }),
    'cuts the connection before': () => first(isPush, { kind: 'cut', when: 'before' }),
    'cuts the connection after': () => first(isPush, { kind: 'cut', when: 'after' }),
    'is slow at': () => first(isPush, { kind: 'slow', milliseconds: 700 }),
  };
  for (const [what, fault] of Object.entries(passing)) {
    test(`${what} a push: the write is done once`, async () => {
      host.fault = fault();
      const began = performance.now();
      const { commit } = await write('1', 'passing');
      expect(remoteMain()).toBe(commit);
      expect(times('passing')).toBe(1);
      if (what.includes('429')) expect(performance.now() - began).toBeGreaterThan(1_000);
    });
  }

  test('stalls before a push: nothing is changed, and the answer says when to try again', async () => {
    const before = remoteMain();
    host.fault = ({ service }) => (service === 'git-receive-pack' ? { kind: 'stall' } : undefined);
    await expect(write('1', 'stalled')).rejects.toMatchObject({ code: 'remote_unavailable', retryAfterSeconds: 5 });
    host.fault = () => undefined;
    expect(remoteMain()).toBe(before);
    expect((await write('1', 'stalled')).base).toBe(before);
  });

  test('stores a push and goes away: the outcome is unknown, and the same request finds it', async () => {
    host.fault = (request) => (isPush(request) ? { kind: 'cut', when: 'after' } : remoteMain() === engine.head().commit ? undefined : { kind: 'status', status: 503 });
    await expect(write('1', 'unknown')).rejects.toMatchObject({ code: 'outcome_unknown' });
    const landed = remoteMain();
    expect(engine.head().commit).not.toBe(landed);
    host.fault = () => undefined;
    expect((await write('1', 'unknown')).commit).toBe(landed);
    expect(times('unknown')).toBe(1);
  });

  test('stores a push after we have given up: the outcome is unknown, and nothing is done twice', async () => {
    host.fault = (request) => (isPush(request) ? { kind: 'slow', milliseconds: 3_600 } : undefined);
    await expect(write('1', 'late')).rejects.toMatchObject({ code: 'outcome_unknown' });
    host.fault = () => undefined;
    await vi.waitFor(() => expect(times('late')).toBe(1), { timeout: 5_000 });
    expect((await write('1', 'late')).commit).toBe(remoteMain());
    expect(times('late')).toBe(1);
  });

  test('stalls while writes wait: they are refused with it', async () => {
    host.fault = () => ({ kind: 'stall' });
    const results = await Promise.allSettled(Array.from({ length: 70 }, (_, index) => write(String(index))));
    expect(new Set(results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : 'done')))).toEqual(new Set(['remote_unavailable']));
  });

  test('has the branch protected: the write says so', async () => {
    const hook = join(fixture.directory, 'hooks', 'pre-receive');
    await import('node:fs/promises').then(async (fs) => {
      await fs.mkdir(join(fixture.directory, 'hooks'), { recursive: true });
      await fs.writeFile(hook, '#!/bin/sh\necho "GH006: Protected branch update failed for refs/heads/main."\nexit 1\n', { mode: 0o755 });
    });
    await expect(write()).rejects.toMatchObject({ code: 'branch_protected' });
    await import('node:fs/promises').then((fs) => fs.writeFile(hook, '#!/bin/sh\necho "no tickets"\nexit 1\n', { mode: 0o755 }));
    await expect(write()).rejects.toMatchObject({ code: 'push_declined' });
    await import('node:fs/promises').then((fs) => fs.rm(hook));
    await write();
  });

  test('refuses the credential, or knows no such repository: the code says so, and no secret is told', async () => {
    await expect(openEngine(options('x.git', { token: 'another-secret' }))).rejects.toMatchObject({ code: 'remote_unauthorised' });
    const missing = await openEngine(options('y.git', { url: `${host.url}/nothing.git` })).catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: 'remote_missing' });
    const failed = await openEngine(options('z.git', { token: 'another-secret' })).catch((error: unknown) => error as Error);
    expect(`${(failed as Error).message}${String((failed as Error).cause)}`).not.toContain('another-secret');
    expect(`${(failed as Error).message}${String((failed as Error).cause)}`).not.toContain(Buffer.from('git:another-secret').toString('base64'));
  });
});

test('more writes than the queue takes are refused at once', async () => {
  await engine.close();
  engine = await openEngine({ ...options('mirror.git'), queueLimit: 2 });
  host.fault = first(isPush, { kind: 'slow', milliseconds: 500 });
  const running = write();
  await setTimeout(100);
  const results = await Promise.allSettled([write(), write(), write()]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(results[2]).toMatchObject({ reason: { code: 'overloaded', retryAfterSeconds: 1 } });
  await running;
});

describe('what others push to the host', () => {
  test('is taken over at a look, with the cells that it makes', async () => {
    const commit = fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'moon') });
    await vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 5_000 });
    await vi.waitFor(() => expect(fixture.git(['log', '-1', '--format=%(trailers:key=Source-Commit,valueonly)', 'cells/local'])).toBe(commit), { timeout: 5_000 });
  });

  test('is taken over at once after a hint, however many hints come', async () => {
    await engine.close();
    engine = await openEngine({ ...options('mirror.git'), pollMilliseconds: 600_000 });
    const commit = fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'moon') });
    const before = host.requests.length;
    for (let hint = 0; hint < 1_000; hint += 1) engine.lookSoon();
    await vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 5_000 });
    expect(host.requests.slice(before).filter(({ service }) => service === 'git-upload-pack').length).toBeLessThan(8);
  });

  test('to a cell\'s branch is not overwritten, and a person is told', async () => {
    const foreign = fixture.git(['commit-tree', 'cells/local^{tree}', '-m', 'By hand']);
    fixture.git(['update-ref', 'refs/heads/cells/local', foreign]);
    await write();
    expect(fixture.git(['rev-parse', 'cells/local'])).toBe(foreign);
    expect(errors).not.toEqual([]);
    fixture.git(['update-ref', '-d', 'refs/heads/cells/local']);
    const { commit } = await write('2');
    await vi.waitFor(() => expect(fixture.git(['log', '-1', '--format=%(trailers:key=Source-Commit,valueonly)', 'cells/local'])).toBe(commit), { timeout: 5_000 });
  });
});

describe('a lock that a killed fetch left in the mirror', () => {
  const leave = (name: string, seconds: number) => {
    const path = join(fixture.folder, 'mirror.git', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    const then = new Date(Date.now() - seconds * 1000);
    utimesSync(path, then, then);
    return path;
  };
  const overtake = () => fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'ceres') });

  test('is removed when it is old', async () => {
    const path = leave('refs/cameleer/remote/main.lock', 120);
    const pushed = overtake();
    expect((await write()).base).toBe(pushed);
    expect(existsSync(path)).toBe(false);
  });

  test('is waited for while it is fresh: nothing is changed, and a start reads from the mirror meanwhile', async () => {
    const path = leave('refs/cameleer/remote/main.lock', 0);
    overtake();
    await expect(engine.look()).rejects.toMatchObject({ code: 'ref_locked' });
    await expect(write('1', 'locked')).rejects.toMatchObject({ code: 'remote_unavailable', retryAfterSeconds: 5 });
    await engine.close();
    engine = await openEngine(options('mirror.git'));
    expect(await engine.get(deployment(a))).toBeDefined();
    leave('refs/cameleer/remote/main.lock', 120);
    await write('1', 'locked');
    expect([existsSync(path), times('locked')]).toEqual([false, 1]);
  });
});

describe('a start', () => {
  test('reads from the mirror while the host is away, and writes again when it is back', async () => {
    const { commit } = await write('before');
    await engine.close();
    host.fault = () => ({ kind: 'status', status: 503 });
    engine = await openEngine(options('mirror.git'));
    expect(engine.head().commit).toBe(commit);
    expect((await engine.get(deployment(a)))!.object.spec.env).toMatchObject({ X: 'before' });
    await expect(write('after')).rejects.toMatchObject({ code: 'remote_unavailable' });
    host.fault = () => undefined;
    expect((await write('after')).base).toBe(commit);
  });

  test('needs the host when there is no mirror', async () => {
    host.fault = () => ({ kind: 'status', status: 503 });
    await expect(openEngine(options('new.git'))).rejects.toMatchObject({ code: 'remote_unavailable' });
    host.fault = () => undefined;
    await (await openEngine(options('new.git'))).close();
  });

  test('brings a mirror up to date that is behind, or that somebody has changed', async () => {
    await engine.close();
    const pushed = fixture.push({ [orders(a)]: region(fixture.read(orders(a)), 'moon') });
    const mirror = join(fixture.folder, 'mirror.git');
    fixture.git(['--git-dir', mirror, 'update-ref', 'refs/heads/main', fixture.git(['--git-dir', mirror, 'commit-tree', 'main^{tree}', '-p', 'main', '-m', 'By hand'])]);
    engine = await openEngine(options('mirror.git'));
    expect(engine.head().commit).toBe(pushed);
    expect((await write()).base).toBe(pushed);
  });

  test.each([
    ['http://git.acme.example/state.git'],
    ['https://user:secret@git.acme.example/state.git'],
    ['https://secret@git.acme.example/state.git'],
    ['file:///srv/state.git'],
    ['ext::sh -c true'],
    ['ssh://git@git.acme.example/state.git'],
  ])('refuses %s with a sentence that repeats no secret', async (url) => {
    const error = await openEngine(options('refused.git', { url })).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'remote_invalid' });
    expect((error as Error).message).not.toContain('secret');
  });
});
