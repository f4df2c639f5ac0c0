import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../../cli/run.ts';
import { memoryIo } from '../../cli/testing/memory-io.ts';
import { startGitea, type Gitea } from '../../tools/gitea.ts';

const folder = mkdtempSync(join(tmpdir(), 'cameleer-review-'));
const state = join(folder, 'state');
const path = join(state, 'tenants/ac/acme/environments/dev/apps/orders.yaml');
const git = (...args: readonly string[]) => execFileSync('git', ['-C', state, '-c', 'user.name=ops', '-c', 'user.email=ops@acme.example', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
let gitea: Gitea;
let token = '';

beforeAll(async () => {
  gitea = await startGitea(join(folder, 'gitea'));
  token = await gitea.user('ops');
  await api('POST', '/user/repos', { name: 'state', default_branch: 'main' });
  cpSync(join(import.meta.dirname, '../../tenants-example'), state, { recursive: true });
  git('init', '--quiet', '--initial-branch=main');
  git('add', '.');
  git('commit', '--quiet', '--message', 'Begin');
  git('remote', 'add', 'origin', `${gitea.url.replace('://', `://ops:${token}@`)}/ops/state.git`);
  git('push', '--quiet', 'origin', 'main');
  propose('replicas: 1', 'replicas: 2');
  await api('POST', '/repos/ops/state/pulls', { head: 'change', base: 'main', title: 'Two replicas' });
});
afterAll(async () => {
  await gitea.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function api<T>(method: string, route: string, body?: unknown): Promise<T> {
  const response = await fetch(`${gitea.url}/api/v1${route}`, { method, headers: { authorization: `token ${token}`, 'content-type': 'application/json' }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  return (await response.json()) as T;
}

function propose(from: string, to: string): void {
  git('checkout', '--quiet', '-B', 'change');
  writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  git('commit', '--quiet', '--all', '--message', to);
  git('push', '--quiet', 'origin', 'change');
}

async function review(): Promise<{ code: number; out: string; err: string; comments: readonly string[]; status: string | undefined }> {
  // What Gitea's own CI sets.
  const memory = memoryIo({ cwd: state, env: { GITEA_ACTIONS: 'true', GITHUB_SERVER_URL: gitea.url, GITHUB_REPOSITORY: 'ops/state', GITHUB_TOKEN: token } });
  const code = await run(['review', '--base', 'main', '--head', 'change', '--pull-request', '1'], memory.io);
  const comments = await api<{ body: string }[]>('GET', '/repos/ops/state/issues/1/comments');
  const { statuses } = await api<{ statuses: { context: string; status: string }[] | null }>('GET', `/repos/ops/state/commits/${git('rev-parse', 'change')}/status`);
  return { code, out: memory.out(), err: memory.err(), comments: comments.map(({ body }) => body), status: statuses?.find(({ context }) => context === 'cameleer/plan')?.status };
}

test('a pull request carries its plan in one comment and the verdict on its head, run after run', async () => {
  const good = await review();
  expect(good).toMatchObject({ code: 0, err: '', status: 'success', comments: [expect.stringContaining('/spec/replicas  1 → 2')] });
  propose('replicas: 2', 'replicsa: 2');
  const wrong = await review();
  expect(wrong).toMatchObject({ code: 1, status: 'failure', comments: [expect.stringMatching(/orders\.yaml:\d+:\d+/)] });
  expect(wrong.comments[0]).not.toContain('1 → 2');
});

test('a pull request that goes onto a hold is not valid, though each of its files is', async () => {
  git('checkout', '--quiet', '-B', 'change', 'main');
  const claims = join(state, 'tenants/in/initech/environments/prod/apps/claims.yaml');
  writeFileSync(claims, readFileSync(claims, 'utf8').replace('release: v1', 'release: v2'));
  git('commit', '--quiet', '--all', '--message', 'Promote claims');
  git('push', '--quiet', 'origin', '+change');
  const { code, status, comments } = await review();
  expect({ code, status, comments: comments.length }).toEqual({ code: 1, status: 'failure', comments: 1 });
  expect(comments[0]).toContain('`held`');
});
