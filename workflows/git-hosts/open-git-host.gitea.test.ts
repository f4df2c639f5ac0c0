import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startGitea, type Gitea } from '../../tools/gitea.ts';
import { gitHostContract, type HostFixture } from './git-host.contract.ts';
import { openGitHost, type GitHostOptions } from './open-git-host.ts';

let directory: string;
let gitea: Gitea;
let tokens: { readonly owner: string; readonly reviewer: string; readonly nameless: string };
let translator: ReturnType<typeof createServer>;
let translated = '';

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cameleer-gitea-'));
  gitea = await startGitea(directory);
  tokens = { owner: await gitea.user('owner'), reviewer: await gitea.user('reviewer'), nameless: await gitea.token('owner', ['write:repository', 'write:issue']) };
  translator = createServer((request, response) => {
    translate(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => {
    translator.listen(0, '127.0.0.1', resolve);
  });
  translated = `http://127.0.0.1:${(translator.address() as AddressInfo).port}`;
});
afterAll(async () => {
  translator.close();
  await gitea.stop();
  await rm(directory, { recursive: true, force: true });
});

/**
 * A stand-in for GitHub's addresses in front of the real Gitea: `/api/v3`, `head=owner:branch` as filter, `per_page`. It proves
 * that our requests have GitHub's shape, not what GitHub does with them.
 */
async function translate(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const url = new URL(request.url ?? '/', gitea.url);
  if (url.pathname === '/api/graphql') {
    const answer = await fetch(`${gitea.url}/api/v1/user`, { headers: { authorization: request.headers.authorization ?? '' } });
    const { login } = (await answer.json()) as { login?: string };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer.ok ? { data: { viewer: { login } } } : { data: null, errors: [{ type: 'FORBIDDEN' }] }));
    return;
  }
  if (!url.pathname.startsWith('/api/v3/')) throw new Error('not an address of GitHub Enterprise');
  const head = url.searchParams.get('head');
  const { authorization = '', 'content-type': type = 'application/json' } = request.headers;
  const method = request.method ?? 'GET';
  const answer = await fetch(`${gitea.url}${url.pathname.replace('/api/v3/', '/api/v1/')}?state=${url.searchParams.get('state') ?? ''}&limit=${url.searchParams.get('per_page') ?? ''}`, {
    method,
    headers: { authorization, 'content-type': type },
    ...(method === 'GET' || method === 'DELETE' ? {} : { body: Buffer.concat(chunks) }),
  });
  const text = await answer.text();
  const filtered = head === null ? text : JSON.stringify((JSON.parse(text) as { head: { ref: string }; base: { repo: { owner: { login: string } } } }[]).filter((pull) => `${pull.base.repo.owner.login}:${pull.head.ref}` === head));
  response.writeHead(answer.status, { 'content-type': 'application/json' }).end(answer.status === 204 ? undefined : filtered);
}

async function fixtureOf(kind: GitHostOptions['kind'], name: string): Promise<HostFixture> {
  const api = async <T>(method: string, path: string, body?: unknown, token = tokens.owner): Promise<T> => {
    const response = await fetch(`${gitea.url}/api/v1${path}`, { method, headers: { authorization: `token ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  };
  const repository = `owner/${name}`;
  const at = `/repos/${repository}`;
  await api('POST', '/user/repos', { name, auto_init: true, default_branch: 'main' });
  const { commit } = await api<{ commit: { sha: string } }>('POST', `${at}/contents/a.yaml`, { content: Buffer.from('replicas: 2\n').toString('base64'), message: 'Change', new_branch: 'change' });
  const options: GitHostOptions = { kind, url: kind === 'github' ? translated : gitea.url, repository, token: () => Promise.resolve(tokens.owner) };
  return {
    host: openGitHost(options),
    stranger: openGitHost({ ...options, token: () => Promise.resolve('nobodys') }),
    nameless: openGitHost({ ...options, token: () => Promise.resolve(tokens.nameless) }),
    fork: async (branch) => {
      await api('POST', `${at}/forks`, {}, tokens.reviewer);
      await api('POST', `/repos/reviewer/${name}/contents/b.yaml`, { content: Buffer.from('replicas: 3\n').toString('base64'), message: 'Change', new_branch: branch }, tokens.reviewer);
      return (await api<{ number: number }>('POST', `${at}/pulls`, { head: `reviewer:${branch}`, base: 'main', title: 'Take this' }, tokens.reviewer)).number;
    },
    commit: commit.sha,
    comments: async (number) => (await api<{ body: string }[]>('GET', `${at}/issues/${number}/comments`)).map(({ body }) => body),
    comment: async (number, text) => api('POST', `${at}/issues/${number}/comments`, { body: text }, tokens.reviewer),
    statuses: async () => Object.fromEntries((await api<{ context: string; status: string }[]>('GET', `${at}/commits/${commit.sha}/statuses?sort=oldest`)).map(({ context, status }) => [context, status])),
    merge: async (number) => api('POST', `${at}/pulls/${number}/merge`, { Do: 'merge' }),
  };
}

gitHostContract('Gitea', () => fixtureOf('gitea', 'state'));
gitHostContract('GitHub\'s addresses', () => fixtureOf('github', 'state-of-github'));

test('tells a host that is not there, one that is busy, and one that is no Git host', async () => {
  const answers = [{ status: 429, headers: { 'retry-after': '7' } }, ...[502, 503, 500].map((status) => ({ status, headers: {} })), { status: 502, headers: {} }, { status: 200, headers: {} }];
  const server = createServer((_request, response) => {
    const { status, headers } = answers.shift() ?? { status: 500, headers: {} };
    response.writeHead(status, headers).end('<html>');
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const host = openGitHost({ kind: 'gitea', url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, repository: 'acme/state', token: () => Promise.resolve('of-a-test') });
  await expect(host.pullRequest(1)).rejects.toMatchObject({ code: 'git_host_busy', retryAfter: 7 });
  await expect(host.pullRequest(1)).rejects.toMatchObject({ code: 'git_host_busy' });
  await expect(host.pullRequest(1)).rejects.toMatchObject({ code: 'git_host_failed' });
  await new Promise((resolve) => {
    server.close(resolve);
  });
  const gone = await host.pullRequest(1).catch((error: unknown) => error);
  expect(gone).toMatchObject({ code: 'git_host_unreachable' });
  expect(String(gone)).not.toContain('of-a-test');
});
