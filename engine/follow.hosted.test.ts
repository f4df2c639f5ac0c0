import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openEngine } from './index.ts';
import { deployment } from './testing/fixture.ts';
import { impatient, openHosted } from './testing/hosted-fixture.ts';
import type { HostedFixture } from './testing/hosted-fixture.ts';

let hosted: HostedFixture;
beforeEach(async () => {
  hosted = await openHosted();
});
afterEach(() => hosted.close());

describe('what others push to the host', () => {
  test('is taken over at a look, with the cells that it makes', async () => {
    const commit = hosted.push('moon');
    await vi.waitFor(() => expect(hosted.engine.head().commit).toBe(commit), { timeout: 5_000 });
    await vi.waitFor(() => expect(hosted.shown()).toBe(commit), { timeout: 5_000 });
  });

  test('is taken over at once after a hint, however many hints come', async () => {
    await hosted.reopen({ ...hosted.options('mirror.git'), pollMilliseconds: 600_000 });
    const commit = hosted.push('moon');
    const before = hosted.host.requests.length;
    for (let hint = 0; hint < 1_000; hint += 1) hosted.engine.lookSoon();
    await vi.waitFor(() => expect(hosted.engine.head().commit).toBe(commit), { timeout: 5_000 });
    expect(hosted.host.requests.slice(before).filter(({ service }) => service === 'git-upload-pack').length).toBeLessThan(8);
  });

  test('to a cell\'s branch is not overwritten, and a person is told', async () => {
    const foreign = hosted.fixture.git(['commit-tree', 'cells/local^{tree}', '-m', 'By hand']);
    hosted.fixture.git(['update-ref', 'refs/heads/cells/local', foreign]);
    await hosted.write();
    expect(hosted.fixture.git(['rev-parse', 'cells/local'])).toBe(foreign);
    expect(hosted.errors).not.toEqual([]);
    hosted.fixture.git(['update-ref', '-d', 'refs/heads/cells/local']);
    const { commit } = await hosted.write('2');
    await vi.waitFor(() => expect(hosted.shown()).toBe(commit), { timeout: 5_000 });
  });
});

describe('a start', () => {
  test('reads from the mirror while the host is away, and writes again when it is back', async () => {
    const { commit } = await hosted.write('before');
    hosted.host.fault = () => ({ kind: 'status', status: 503 });
    await hosted.reopen(hosted.options('mirror.git', impatient));
    expect(hosted.engine.head().commit).toBe(commit);
    expect((await hosted.engine.get(deployment(hosted.tenant)))!.object.spec.env).toMatchObject({ X: 'before' });
    await expect(hosted.write('after')).rejects.toMatchObject({ code: 'remote_unavailable' });
    hosted.host.fault = () => undefined;
    expect((await hosted.write('after')).base).toBe(commit);
  });

  test('needs the host when there is no mirror', async () => {
    hosted.host.fault = () => ({ kind: 'status', status: 503 });
    await expect(openEngine(hosted.options('new.git', impatient))).rejects.toMatchObject({ code: 'remote_unavailable' });
    hosted.host.fault = () => undefined;
    await (await openEngine(hosted.options('new.git'))).close();
  });

  test('brings a mirror up to date that is behind, or that somebody has changed', async () => {
    await hosted.engine.close();
    const pushed = hosted.push('moon');
    const mirror = join(hosted.fixture.folder, 'mirror.git');
    hosted.fixture.git(['--git-dir', mirror, 'update-ref', 'refs/heads/main', hosted.fixture.git(['--git-dir', mirror, 'commit-tree', 'main^{tree}', '-p', 'main', '-m', 'By hand'])]);
    hosted.engine = await openEngine(hosted.options('mirror.git'));
    expect(hosted.engine.head().commit).toBe(pushed);
    expect((await hosted.write()).base).toBe(pushed);
  });

  test.each([
    ['http://git.acme.example/state.git'],
    ['https://user:secret@git.acme.example/state.git'],
    ['https://secret@git.acme.example/state.git'],
    ['file:///srv/state.git'],
    ['ext::sh -c true'],
    ['ssh://git@git.acme.example/state.git'],
  ])('refuses %s with a sentence that repeats no secret', async (url) => {
    const error = await openEngine(hosted.options('refused.git', { url })).catch((reason: unknown) => reason as Error);
    expect(error).toMatchObject({ code: 'remote_invalid' });
    expect((error as Error).message).not.toContain('secret');
  });
});
