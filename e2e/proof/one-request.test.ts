import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../../tools/postgres.ts';
import { until } from '../local/plane.ts';
import { startReplica, type Replica } from './planes.ts';

const team = '/api/v1/tenants/initech/teams/reviewers';
const folder = mkdtempSync(join(tmpdir(), 'cameleer-requests-'));
const postgres = startPostgres(mkdtempSync(join(tmpdir(), 'cameleer-requests-pg-')));
const replicas: Replica[] = [];

beforeAll(async () => {
  const shared = { folder, databaseUrl: postgres.url, environment: { CAMELEER_STATE_REPOSITORY: join(folder, 'state.git') } };
  for (const name of ['plane-0', 'plane-1']) replicas.push(await startReplica(shared, name));
  const made = await ask(0, 'PUT', team, { json: { apiVersion: 'cameleer.io/v1', kind: 'Team', metadata: { name: 'reviewers' }, spec: { displayName: 'Reviewers', description: 'none' } }, headers: { 'if-none-match': '*' } });
  expect(made.status).toBe(201);
});
afterAll(async () => {
  for (const replica of replicas) await replica.stop();
  postgres.stop();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

interface Reply {
  readonly status: number;
  readonly etag: string;
  readonly body: Record<string, unknown>;
}

async function ask(door: number, method: string, path: string, { json, headers }: { readonly json?: object; readonly headers?: Readonly<Record<string, string>> } = {}): Promise<Reply> {
  const { url = '', token = '' } = replicas[door] ?? {};
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
  const response = await fetch(`${url}${path}`, { method, headers: { authorization: `Bearer ${token}`, 'content-type': type, ...headers }, ...(json === undefined ? {} : { body: JSON.stringify(json) }) });
  return { status: response.status, etag: response.headers.get('etag') ?? '', body: (await response.json()) as Record<string, unknown> };
}

test('what one person asks for at two control planes at once is one change request', async () => {
  const { etag } = await until('the other control plane has seen it', async () => {
    const read = await ask(1, 'GET', team);
    return read.status === 200 ? read : undefined;
  });
  for (let turn = 1; turn <= 6; turn += 1) {
    const both = await Promise.all([0, 1, 0, 1].map((door) => ask(door, 'PATCH', `${team}?request=true`, { json: { spec: { description: `wanted ${turn}` } }, headers: { 'if-match': etag } })));
    expect(both.map(({ status }) => status)).toEqual([202, 202, 202, 202]);
    expect(new Set(both.map(({ body }) => (body['request'] as { readonly number?: number } | undefined)?.number))).toEqual(new Set([turn]));
  }
  const { body } = await ask(0, 'GET', '/api/v1/change-requests?status=open');
  expect((body['requests'] as readonly { readonly number: number }[]).map(({ number }) => number)).toEqual([6, 5, 4, 3, 2, 1]);
});
