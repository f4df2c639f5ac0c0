import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startGitHttpServer } from '../engine/testing/git-http-server.ts';
import type { GitHttpServer } from '../engine/testing/git-http-server.ts';
import { stockGit } from '../engine/testing/stock-git.ts';
import { serve, type Served } from './testing/serve.ts';
import { upload } from './testing/upload.ts';

const folder = mkdtempSync(join(tmpdir(), 'cameleer-hosted-api-'));
const data = join(folder, 'data');
const truth = join(folder, 'state.git');
const team = '/api/v1/tenants/acme/teams/integration';
let host: GitHttpServer;
let served: Served;

beforeAll(async () => {
  const seeded = await serve({ directory: data });
  const { operator } = seeded;
  await seeded.plane.close({ keepPods: false });
  await seeded.server.close(0);
  renameSync(join(data, 'state.git'), truth);
  stockGit(truth, ['config', 'http.receivepack', 'true']);
  host = await startGitHttpServer(folder, 'secret');
  served = await serve({ directory: data, state: { remote: { url: `${host.url}/state.git`, token: 'secret', deadlineMilliseconds: 4_000, stallMilliseconds: 2_000 } } });
  authorization = { Authorization: `Bearer ${operator}` };
}, 120_000);
afterAll(async () => {
  host.fault = () => undefined;
  await served.close();
  await host.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

let authorization: Readonly<Record<string, string>> = {};

async function describeTeam(description: string, query = '') {
  const { headers } = await served.ask('GET', team, { token: null, headers: authorization });
  return served.ask('PATCH', `${team}${query}`, { token: null, json: { spec: { description } }, headers: { ...authorization, 'If-Match': headers.get('etag') ?? '' } });
}

it('a change through the API is at the Git host before its answer', async () => {
  const { status, body } = await describeTeam('hosted');
  expect(status).toBe(200);
  expect(body['commit']).toBe(stockGit(truth, ['rev-parse', 'main']));
});

it('while the host is away a change is refused with the time to try again, and reading goes on', async () => {
  host.fault = () => ({ kind: 'status', status: 503, headers: { 'Retry-After': '7' } });
  const { status, headers, body } = await describeTeam('away');
  expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'remote_unavailable', '7']);
  expect((await served.ask('GET', team, { token: null, headers: authorization })).status).toBe(200);
  host.fault = () => undefined;
  expect((await describeTeam('back')).status).toBe(200);
});

it('a revert that is pushed while the host takes nothing from the platform is held when it does again', async () => {
  const token = authorization['Authorization']?.slice('Bearer '.length) ?? '';
  const asOperator: Served = { ...served, ask: (method, path, ask) => served.ask(method, path, { token, ...ask }) };
  const dev = '/api/v1/tenants/acme/environments/dev';
  const isHeld = async () => (await asOperator.ask('GET', `${dev}/holds/orders`)).status === 200;
  for (const version of ['4.18.0', '4.18.1']) expect((await upload(asOperator, 'acme/orders', version)).status).toBe(201);
  for (const release of ['v1', 'v2']) expect((await asOperator.ask('POST', `${dev}/apps/orders/deployments`, { json: { release } })).status).toBe(200);
  const clone = join(folder, 'clone');
  stockGit(folder, ['clone', '--quiet', truth, clone]);
  stockGit(clone, ['revert', '--no-edit', 'HEAD']);
  let refused = 0;
  host.fault = ({ service }) => {
    if (service !== 'git-receive-pack') return undefined;
    refused += 1;
    return { kind: 'status', status: 503 };
  };
  stockGit(clone, ['push', '--quiet', 'origin', 'HEAD:main']);
  await served.plane.stores.engine.look();
  await served.plane.settled();
  expect([refused > 0, await isHeld()]).toEqual([true, false]);
  host.fault = () => undefined;
  await expect.poll(isHeld, { timeout: 30_000 }).toBe(true);
});

it('a request that is to merge by itself is merged when the host is back', async () => {
  // Its branch is taken, its merge is not.
  host.fault = ({ service }) => (service === 'git-receive-pack' && stockGit(truth, ['for-each-ref', 'refs/heads/requests']) !== '' ? { kind: 'status', status: 503 } : undefined);
  const { status, body } = await describeTeam('merged later', '?request=true&autoMerge=true');
  expect([status, body['request']]).toMatchObject([202, { status: 'open', mergeable: true }]);
  await served.plane.settled();
  host.fault = () => undefined;
  await expect.poll(async () => ((await served.ask('GET', team, { token: null, headers: authorization })).body['object'] as { spec: object }).spec, { timeout: 30_000 }).toMatchObject({ description: 'merged later' });
});

it('where the host protects main, a change becomes a change request', async () => {
  mkdirSync(join(truth, 'hooks'), { recursive: true });
  writeFileSync(join(truth, 'hooks', 'pre-receive'), '#!/bin/sh\nwhile read -r _ _ name; do\n  [ "$name" = refs/heads/main ] && { echo "GH006: Protected branch update failed for refs/heads/main."; exit 1; }\ndone\nexit 0\n', { mode: 0o755 });
  const before = stockGit(truth, ['rev-parse', 'main']);
  const { status } = await describeTeam('by request');
  expect(status).toBe(202);
  expect(stockGit(truth, ['rev-parse', 'main'])).toBe(before);
  expect(stockGit(truth, ['for-each-ref', 'refs/heads/requests'])).not.toBe('');
});

it('a request that is corrected keeps its branch at the host, which would close the pull request of one that goes', async () => {
  writeFileSync(join(truth, 'hooks', 'update'), '#!/bin/sh\ncase "$3" in *[!0]*) exit 0;; *) exit 1;; esac\n', { mode: 0o755 });
  const [before] = stockGit(truth, ['for-each-ref', '--format=%(objectname)', 'refs/heads/requests']).split('\n');
  const { status, body } = await describeTeam('by request, corrected');
  expect([status, body]).toMatchObject([202, { request: { revision: 2 } }]);
  const after = stockGit(truth, ['for-each-ref', '--format=%(objectname)', 'refs/heads/requests']);
  expect(stockGit(truth, ['rev-list', after])).toContain(before);
  expect(stockGit(truth, ['diff', '--stat', `main...${after}`])).toMatch(/1 file changed, 1 insertion/);
});

it('a request that is to merge by itself, and never may, is not tried again and again', async () => {
  const asked = () => host.requests.filter(({ method, service }) => method === 'POST' && service === 'git-receive-pack').length;
  const { body } = await describeTeam('by itself', '?request=true&autoMerge=true');
  expect(body['request']).toMatchObject({ status: 'open', autoMerge: true });
  await served.plane.settled();
  const before = asked();
  await served.plane.settled();
  await served.plane.settled();
  expect(asked()).toBe(before);
});
