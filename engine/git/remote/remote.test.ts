import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFixture } from '../../testing/fixture.ts';
import type { Fixture } from '../../testing/fixture.ts';
import { startGitHttpServer } from '../../testing/git-http-server.ts';
import type { GitHttpServer } from '../../testing/git-http-server.ts';
import { createRepository } from '../repository.ts';
import { Remote } from './remote.ts';

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
