import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFixture } from '../../testing/fixture.ts';
import type { Fixture } from '../../testing/fixture.ts';
import { startGitHttpServer } from '../../testing/git-http-server.ts';
import type { GitHttpServer } from '../../testing/git-http-server.ts';
import { createRepository } from '../repository.ts';
import { Remote } from './remote.ts';
import { runRemoteGit } from './run-remote-git.ts';

let fixture: Fixture;
let host: GitHttpServer;
let elsewhere: GitHttpServer;

beforeAll(async () => {
  fixture = await makeFixture(1);
  [host, elsewhere] = await Promise.all([startGitHttpServer(fixture.folder, 'secret'), startGitHttpServer(fixture.folder, 'secret')]);
});
afterAll(async () => {
  await Promise.all([host.close(), elsewhere.close()]);
  await fixture.remove();
});

test.each([301, 302, 307, 308])('a host that leads elsewhere with %i is not followed, so that the token stays with it', async (status) => {
  const mirror = join(fixture.folder, 'mirror.git');
  await createRepository(mirror);
  host.fault = ({ path }) => ({ kind: 'status', status, headers: { Location: `${elsewhere.url}${path}?service=git-upload-pack` } });
  const remote = await Remote.open(mirror, { url: `${host.url}/state.git`, token: 'secret' }, () => new Date());
  await expect(remote.fetch()).rejects.toMatchObject({ code: 'remote_missing' });
  expect(elsewhere.requests).toEqual([]);
});

test('a host that says more than anybody reads is understood by what it says last', async () => {
  const mirror = join(fixture.folder, 'talk.git');
  await createRepository(mirror);
  const talk = Object.fromEntries(Array.from({ length: 250 }, (_, index) => [`X-Talk-${index}`, 'x'.repeat(1_100)]));
  host.fault = () => ({ kind: 'status', status: 503, headers: { ...talk, 'Retry-After': '7' } });
  const remote = await Remote.open(mirror, { url: `${host.url}/state.git`, token: 'secret' }, () => new Date());
  await expect(remote.fetch()).rejects.toMatchObject({ code: 'remote_unavailable', retryAfterSeconds: 7 });
});

/** Lets git run a script in place of a command. */
const run = (script: string) => runRemoteGit(fixture.directory, ['-c', `alias.say=!${script}`, 'say'], { environment: {}, stallMilliseconds: 10_000, wholeMilliseconds: 20_000, now: () => new Date() });
const words = 'yes some words | head -n 100000 >&2';

test('what the hook says of the leases is heard wherever it stands, and the first and last words are kept', async () => {
  const held = await run(`${['echo begins >&2', words, 'echo cameleer-lease-held >&2', words, 'echo ends >&2'].join('; ')}; exit 3 #`);
  expect([held.status, held.lease, held.complaints.length < 500_000]).toEqual([3, 'held', true]);
  const lines = held.complaints.split('\n');
  expect([lines[0], ...lines.slice(-2)]).toEqual(['begins', 'ends', '']);
  expect(lines.filter((line) => line !== 'some words')).toHaveLength(3);
  expect((await run(`${words}; printf %s cameleer-lease-lost >&2 #`)).lease).toBe('lost');
  expect((await run('yes | head -c 1000000 | tr -d "\\n" >&2 #')).complaints.length).toBeLessThan(500_000);
});
