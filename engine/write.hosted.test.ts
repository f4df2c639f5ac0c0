import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openEngine } from './index.ts';
import { deployment, setField } from './testing/fixture.ts';
import { first, isPush, openHosted } from './testing/hosted-fixture.ts';
import type { HostedFixture } from './testing/hosted-fixture.ts';

let hosted: HostedFixture;
beforeEach(async () => {
  hosted = await openHosted();
});
afterEach(() => hosted.close());

describe('a write', () => {
  test('is at the host before its answer, main and cells', async () => {
    const { commit } = await hosted.write();
    expect(hosted.main()).toBe(commit);
    expect(hosted.fixture.git(['rev-parse', 'cells/local'])).toBe(hosted.engine.head().cells.get('local'));
    expect(hosted.shown()).toBe(commit);
    expect(hosted.errors).toEqual([]);
  });

  test('is made again on what somebody else pushed meanwhile', async () => {
    const pushed = hosted.push('mars');
    const { base, commit } = await hosted.write();
    expect(base).toBe(pushed);
    expect(hosted.main()).toBe(commit);
    expect((await hosted.engine.get(deployment(hosted.tenant)))!.object.spec.env).toMatchObject({ ORDERS_REGION: 'mars', X: 'v' });
  });

  test('is made again on what somebody else pushed between the host\'s answer and ours', async () => {
    let pushed = '';
    hosted.host.fault = (request) => {
      if (isPush(request) && pushed === '') pushed = hosted.push('venus');
      return undefined;
    };
    const { base } = await hosted.write();
    expect(base).toBe(pushed);
  });

  test('that was overtaken goes before the cells of what overtook it', async () => {
    const mains: string[] = [];
    let pushed = '';
    hosted.host.fault = (request) => {
      if (isPush(request) && pushed === '') pushed = hosted.push('saturn');
      else if (isPush(request)) mains.push(hosted.main());
      return undefined;
    };
    const { commit, base } = await hosted.write();
    expect(base).toBe(pushed);
    // The write, then the cells of both.
    expect(mains).toEqual([pushed, commit]);
    expect(hosted.shown()).toBe(commit);
  });

  test('that was overtaken takes along what came meanwhile', async () => {
    let later: Promise<unknown> | undefined;
    let pushes = 0;
    hosted.host.fault = (request) => {
      if (!isPush(request)) return undefined;
      pushes += 1;
      later ??= hosted.write('later', 'later');
      if (pushes === 1) hosted.push('pluto');
      return undefined;
    };
    await hosted.write('first', 'first');
    await later;
    // Overtaken; then both at once; then the cells.
    expect(pushes).toBe(3);
    expect([hosted.times('first'), hosted.times('later')]).toEqual([1, 1]);
  });

  test('that others overtake for twenty seconds is given up, says when to try again, and has changed nothing', { timeout: 60_000 }, async () => {
    let turn = 0;
    hosted.host.fault = (request) => {
      turn += 1;
      if (isPush(request)) hosted.push(`moon-${turn}`);
      return undefined;
    };
    await expect(hosted.write('1', 'outrun')).rejects.toMatchObject({ code: 'overtaken', retryAfterSeconds: 1 });
    hosted.host.fault = () => undefined;
    expect(hosted.times('outrun')).toBe(0);
    await hosted.write('1', 'outrun');
    expect(hosted.times('outrun')).toBe(1);
    expect(hosted.shown()).toBe(hosted.main());
  });

  test('does not roll forward a branch that somebody has set back', async () => {
    const before = hosted.main();
    await hosted.write('gone');
    hosted.fixture.git(['update-ref', 'refs/heads/main', before]);
    await hosted.write('kept');
    expect(hosted.fixture.git(['rev-parse', 'main^'])).toBe(before);
    expect((await hosted.engine.get(deployment(hosted.tenant)))!.object.spec.env).toMatchObject({ X: 'kept' });
  });

  test('is refused for what the host has now, not for what it had when we last looked', async () => {
    const other = await openEngine({ ...hosted.options('other.git'), pollMilliseconds: 600_000 });
    await hosted.write('theirs');
    const etag = (await hosted.engine.get(deployment(hosted.tenant)))!.oid;
    const intent = { ...setField(deployment(hosted.tenant), ['spec', 'env', 'X'], 'mine'), preconditions: [{ ref: deployment(hosted.tenant), etag }] };
    expect((await other.write(intent)).base).toBe(hosted.engine.head().commit);
    await other.close();
  });

  test('that changes nothing is answered from what the host has now', async () => {
    const other = await openEngine({ ...hosted.options('other.git'), pollMilliseconds: 600_000 });
    await hosted.write('1', 'same-1', other);
    await hosted.write('2', 'same-2');
    expect(await hosted.write('1', 'same-3', other)).toMatchObject({ changed: true });
    await other.close();
  });

  test('is found under its Request-Id by a process that has not heard of it', async () => {
    const other = await openEngine({ ...hosted.options('other.git'), pollMilliseconds: 600_000 });
    const { commit } = await hosted.write('1', 'once');
    expect((await hosted.write('1', 'once', other)).commit).toBe(commit);
    expect(hosted.times('once')).toBe(1);
    await other.close();
  });
});

test('more writes than the queue takes are refused at once', async () => {
  await hosted.reopen({ ...hosted.options('mirror.git'), queueLimit: 2 });
  const pushed = Promise.withResolvers<void>();
  const slow = first(isPush, { kind: 'slow', milliseconds: 500 });
  hosted.host.fault = (request) => {
    if (isPush(request)) pushed.resolve();
    return slow(request);
  };
  const running = hosted.write();
  await pushed.promise;
  const results = await Promise.allSettled([hosted.write(), hosted.write(), hosted.write()]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(results[2]).toMatchObject({ reason: { code: 'overloaded', retryAfterSeconds: 1 } });
  await running;
});
