import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEngine } from './index.ts';
import { deployment } from './testing/fixture.ts';
import type { GitHttpServer } from './testing/git-http-server.ts';
import { first, impatient, isPush, openHosted } from './testing/hosted-fixture.ts';
import type { HostedFixture } from './testing/hosted-fixture.ts';

let hosted: HostedFixture;
beforeEach(async () => {
  hosted = await openHosted();
});
afterEach(() => hosted.close());

describe('a host that', () => {
  const passing: Readonly<Record<string, () => GitHttpServer['fault']>> = {
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
      hosted.host.fault = fault();
      const began = performance.now();
      const { commit } = await hosted.write('1', 'passing');
      expect(hosted.main()).toBe(commit);
      expect(hosted.times('passing')).toBe(1);
      if (what.includes('429')) expect(performance.now() - began).toBeGreaterThan(1_000);
    });
  }

  test('stalls before a push: nothing is changed, and the answer says when to try again', async () => {
    await hosted.reopen(hosted.options('mirror.git', impatient));
    const before = hosted.main();
    hosted.host.fault = ({ service }) => (service === 'git-receive-pack' ? { kind: 'stall' } : undefined);
    await expect(hosted.write('1', 'stalled')).rejects.toMatchObject({ code: 'remote_unavailable', retryAfterSeconds: 5 });
    hosted.host.fault = () => undefined;
    expect(hosted.main()).toBe(before);
    expect((await hosted.write('1', 'stalled')).base).toBe(before);
  });

  test('stores a push and goes away: the outcome is unknown, and the same request finds it', async () => {
    await hosted.reopen(hosted.options('mirror.git', impatient));
    hosted.host.fault = (request) => (isPush(request) ? { kind: 'cut', when: 'after' } : hosted.main() === hosted.engine.head().commit ? undefined : { kind: 'status', status: 503 });
    await expect(hosted.write('1', 'unknown')).rejects.toMatchObject({ code: 'outcome_unknown' });
    const landed = hosted.main();
    expect(hosted.engine.head().commit).not.toBe(landed);
    hosted.host.fault = () => undefined;
    expect((await hosted.write('1', 'unknown')).commit).toBe(landed);
    expect(hosted.times('unknown')).toBe(1);
  });

  test('stores a push after we have given up: the outcome is unknown, and nothing is done twice', async () => {
    await hosted.reopen(hosted.options('mirror.git', impatient));
    hosted.host.fault = (request) => (isPush(request) ? { kind: 'slow', milliseconds: 3_600 } : undefined);
    await expect(hosted.write('1', 'late')).rejects.toMatchObject({ code: 'outcome_unknown' });
    hosted.host.fault = () => undefined;
    await vi.waitFor(() => expect(hosted.times('late')).toBe(1), { timeout: 5_000 });
    expect((await hosted.write('1', 'late')).commit).toBe(hosted.main());
    expect(hosted.times('late')).toBe(1);
  });

  test('stalls while writes wait: they are refused with it', async () => {
    await hosted.reopen(hosted.options('mirror.git', impatient));
    hosted.host.fault = () => ({ kind: 'stall' });
    const results = await Promise.allSettled(Array.from({ length: 70 }, (_, index) => hosted.write(String(index))));
    expect(new Set(results.map((result) => (result.status === 'rejected' ? (result.reason as { code: string }).code : 'done')))).toEqual(new Set(['remote_unavailable']));
  });

  test('has the branch protected: the write says so', async () => {
    const hook = join(hosted.fixture.directory, 'hooks', 'pre-receive');
    mkdirSync(dirname(hook), { recursive: true });
    writeFileSync(hook, '#!/bin/sh\necho "GH006: Protected branch update failed for refs/heads/main."\nexit 1\n', { mode: 0o755 });
    await expect(hosted.write()).rejects.toMatchObject({ code: 'branch_protected' });
    writeFileSync(hook, '#!/bin/sh\necho "no tickets"\nexit 1\n');
    await expect(hosted.write()).rejects.toMatchObject({ code: 'push_declined' });
    rmSync(hook);
    await hosted.write();
  });

  test('refuses the credential, or knows no such repository: the code says so, and no secret is told', async () => {
    await expect(openEngine(hosted.options('x.git', { token: 'another-secret' }))).rejects.toMatchObject({ code: 'remote_unauthorised' });
    const missing = await openEngine(hosted.options('y.git', { url: `${hosted.host.url}/nothing.git` })).catch((error: unknown) => error);
    expect(missing).toMatchObject({ code: 'remote_missing' });
    const failed = await openEngine(hosted.options('z.git', { token: 'another-secret' })).catch((error: unknown) => error as Error);
    expect(`${(failed as Error).message}${String((failed as Error).cause)}`).not.toContain('another-secret');
    expect(`${(failed as Error).message}${String((failed as Error).cause)}`).not.toContain(Buffer.from('git:another-secret').toString('base64'));
  });
});

describe('a lock that a killed fetch left in the mirror', () => {
  const leave = (name: string, seconds: number) => {
    const path = join(hosted.fixture.folder, 'mirror.git', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, '');
    const then = new Date(Date.now() - seconds * 1000);
    utimesSync(path, then, then);
    return path;
  };
  const overtake = () => hosted.push('ceres');

  test('is removed when it is old', async () => {
    const path = leave('refs/cameleer/remote/main.lock', 120);
    const pushed = overtake();
    expect((await hosted.write()).base).toBe(pushed);
    expect(existsSync(path)).toBe(false);
  });

  test('is waited for while it is fresh: nothing is changed, and a start reads from the mirror meanwhile', async () => {
    await hosted.reopen(hosted.options('mirror.git', impatient));
    const path = leave('refs/cameleer/remote/main.lock', 0);
    overtake();
    await expect(hosted.engine.look()).rejects.toMatchObject({ code: 'ref_locked' });
    await expect(hosted.write('1', 'locked')).rejects.toMatchObject({ code: 'remote_unavailable', retryAfterSeconds: 5 });
    await hosted.reopen();
    expect(await hosted.engine.get(deployment(hosted.tenant))).toBeDefined();
    leave('refs/cameleer/remote/main.lock', 120);
    await hosted.write('1', 'locked');
    expect([existsSync(path), hosted.times('locked')]).toEqual([false, 1]);
  });
});
