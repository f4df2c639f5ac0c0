import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startPostgres } from '../../tools/postgres.ts';
import { startGitea, type Gitea } from '../../tools/gitea.ts';
import { startReplica, type Replica } from '../proof/planes.ts';

const folder = mkdtempSync(join(tmpdir(), 'cameleer-pulls-'));
const at = '/repos/ops/state';
let gitea: Gitea;
let postgres: ReturnType<typeof startPostgres>;
let token = '';
let plane: Replica;

beforeAll(async () => {
  gitea = await startGitea(join(folder, 'gitea'));
  token = await gitea.user('ops');
  await api('POST', '/user/repos', { name: 'state', default_branch: 'main' });
  postgres = startPostgres(mkdtempSync(join(tmpdir(), 'cameleer-pulls-pg-')));
  const shared = { folder, databaseUrl: postgres.url };
  const seeding = await startReplica({ ...shared, environment: {} }, 'plane-0');
  await seeding.stop();
  execFileSync('git', ['-C', join(folder, 'plane-0/state.git'), 'push', '--quiet', `${gitea.url.replace('://', `://ops:${token}@`)}/ops/state.git`, 'main']);
  await api('POST', `${at}/branch_protections`, { rule_name: 'main', enable_push: false });
  writeFileSync(join(folder, 'token'), token);
  plane = await startReplica({ ...shared, environment: { CAMELEER_STATE_REMOTE: `${gitea.url}/ops/state.git`, CAMELEER_STATE_TOKEN_FILE: join(folder, 'token'), CAMELEER_STATE_POLL: '1', CAMELEER_GIT_HOST: 'gitea' } }, 'hosted');
});
afterAll(async () => {
  await plane.stop();
  postgres.stop();
  await gitea.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

async function api<T>(method: string, route: string, body?: unknown): Promise<T> {
  const response = await fetch(`${gitea.url}/api/v1${route}`, { method, headers: { authorization: `token ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

async function cameleer<T>(method: string, path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; etag: string; body: T }> {
  const response = await fetch(plane.url + path, { method, headers: { authorization: `Bearer ${plane.token}`, 'content-type': 'application/json', ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return { status: response.status, etag: response.headers.get('etag') ?? '', body: (await response.json()) as T };
}

test('where a real Gitea protects main, a write becomes a pull request with its plan, and its merge is in force', async () => {
  const team = '/api/v1/tenants/initech/teams/claims';
  const { etag } = await cameleer('GET', team);
  const { status, body } = await cameleer<{ request: { number: number } }>('PATCH', team, { spec: { description: 'By pull request' } }, { 'if-match': etag, 'content-type': 'application/merge-patch+json' });
  expect(status).toBe(202);
  const pulls = await vi.waitFor(async () => {
    const found = await api<{ number: number; head: { ref: string; sha: string } }[]>('GET', `${at}/pulls?state=open`);
    const { statuses } = await api<{ statuses: { context: string; status: string }[] | null }>('GET', `${at}/commits/${found[0]?.head.sha ?? 'none'}/status`);
    expect(statuses).toMatchObject([{ context: 'cameleer/request', status: 'success' }]);
    return found;
  }, { timeout: 30_000, interval: 500 });
  expect(pulls).toMatchObject([{ head: { ref: `requests/${body.request.number}` } }]);
  const number = pulls[0]?.number ?? 0;
  const comments = await api<{ body: string }[]>('GET', `${at}/issues/${number}/comments`);
  expect(comments).toMatchObject([{ body: expect.stringContaining('By pull request') }]);
  // Corrected, it is the same pull request: a branch that is deleted and made again would have closed it.
  const corrected = await cameleer<{ request: { number: number; revision: number } }>('PATCH', team, { spec: { description: 'By pull request, corrected' } }, { 'if-match': etag, 'content-type': 'application/merge-patch+json' });
  expect(corrected).toMatchObject({ status: 202, body: { request: { number: body.request.number, revision: 2 } } });
  await vi.waitFor(async () => {
    expect(await api('GET', `/repos/ops/state/issues/${number}/comments`)).toMatchObject([{ body: expect.stringContaining('By pull request, corrected') }]);
  }, { timeout: 30_000, interval: 500 });
  expect(await api('GET', `${at}/pulls?state=all`)).toMatchObject([{ number, state: 'open' }]);
  await api('POST', `${at}/pulls/${number}/merge`, { Do: 'merge' });
  await vi.waitFor(async () => {
    expect((await cameleer('GET', team)).body).toMatchObject({ object: { spec: { description: 'By pull request, corrected' } } });
    expect((await cameleer('GET', `/api/v1/change-requests/${body.request.number}`)).body).toMatchObject({ status: 'merged' });
  }, { timeout: 30_000, interval: 500 });
});

test('a request that the host squashed with words of its own is merged, and gets no second pull request', async () => {
  const team = '/api/v1/tenants/initech/teams/claims';
  const { etag } = await cameleer('GET', team);
  const { body } = await cameleer<{ request: { number: number } }>('PATCH', team, { spec: { description: 'Squashed' } }, { 'if-match': etag, 'content-type': 'application/merge-patch+json' });
  const number = await vi.waitFor(async () => {
    const [found] = await api<{ number: number; head: { ref: string } }[]>('GET', `${at}/pulls?state=open`);
    expect(found).toMatchObject({ head: { ref: `requests/${body.request.number}` } });
    return found?.number ?? 0;
  }, { timeout: 30_000, interval: 500 });
  const before = await api<unknown[]>('GET', `${at}/pulls?state=all`);
  await api('POST', `${at}/pulls/${number}/merge`, { Do: 'squash', MergeTitleField: 'Other words', MergeMessageField: 'And none of the platform’s.' });
  await vi.waitFor(async () => {
    expect((await cameleer('GET', `/api/v1/change-requests/${body.request.number}`)).body).toMatchObject({ status: 'merged' });
  }, { timeout: 30_000, interval: 500 });
  expect(await api<unknown[]>('GET', `${at}/pulls?state=all`)).toHaveLength(before.length);
});
