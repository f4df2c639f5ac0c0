import type { ServerResponse } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { run } from '../run.ts';
import { fakeControlPlane, type FakeAnswer, type FakeControlPlane } from '../testing/fake-control-plane.ts';
import { memoryIo } from '../testing/memory-io.ts';

let server: FakeControlPlane | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

async function cameleer(routes: Readonly<Record<string, FakeAnswer>>, ...argv: string[]): Promise<{ code: number; out: string; err: string; paths: readonly string[] }> {
  server = await fakeControlPlane(routes);
  const memory = memoryIo({ env: { CAMELEER_URL: server.url, CAMELEER_TOKEN: 'cml_test' } });
  const code = await run(argv, memory.io);
  return { code, out: memory.out(), err: memory.err(), paths: server.received.map(({ path }) => path) };
}

function answer(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(body));
}

const record = (commit: string) => ({
  commit: commit.repeat(40), parents: [], author: 'usr_x000000000000001', time: '2026-10-02T00:00:00Z', at: '2026-10-02T00:00:00Z', subject: `Change ${commit}`, trailers: { 'Approved-By': ['usr_x000000000000001', 'usr_y000000000000001'] }, signature: 'platform',
  paths: ['tenants/ac/acme/settings.yaml'], verdict: 'accepted', quarantines: [], rendered: [],
});

describe('export', () => {
  const pages = (response: ServerResponse, { path }: { path: string }): void => answer(response, path.includes('before=') ? { records: [record('b')] } : { records: [record('a')], next: 'a'.repeat(40) });

  test('writes all pages as lines, with names only when they are asked for', async () => {
    const { code, out, paths } = await cameleer({ 'GET /api/v1/tenants/acme/audit/records': pages }, 'audit', 'export', '--from', '2026-10-01', '--to', '2026-11-01', '--tenant', 'acme');
    expect(code).toBe(0);
    expect(out.trimEnd().split('\n').map((line) => (JSON.parse(line) as { subject: string }).subject)).toEqual(['Change a', 'Change b']);
    expect(out).not.toContain('Jane');
    expect(paths[0]).toContain('from=2026-10-01T00%3A00%3A00Z&to=2026-11-01T00%3A00%3A00Z');
  });

  test('puts the ledger’s names on the page', async () => {
    const mailmap = (response: ServerResponse): void => {
      response.end('Jane Doe <jane@acme.example> <usr_x000000000000001@users.noreply.cameleer.io>\n');
    };
    const { out } = await cameleer({ 'GET /api/v1/audit/records': pages, 'GET /api/v1/audit/mailmap': mailmap }, 'audit', 'export', '--from', '2026-10-01', '--to', '2026-11-01', '--format', 'html', '--names');
    expect(out).toContain('Approved by Jane Doe <code>usr_x000000000000001</code>');
    expect(out).toContain('Approved by <code>usr_y000000000000001</code>');
    expect(out).not.toContain('jane@acme.example');
    expect(out).toMatch(/<th scope="row">Commits<\/th><td>2<\/td>/);
    expect(out.trimEnd()).toMatch(/<\/html>$/);
  });
});

test('access reads every page of one commit, and compares two days', async () => {
  const row = (tenant: string, actions: readonly string[]) => ({ tenant, environment: 'prod', subject: 'usr_x', kind: 'person', bindings: [], actions });
  const review = (response: ServerResponse, { path }: { path: string }): void => {
    const query = new URL(path, 'http://x').searchParams;
    if (query.get('after') !== null) answer(response, { commit: 'c2', at: '2026-11-01T00:00:00Z', rows: [row('beta', ['apps.read'])] });
    else if (query.get('at') === '2026-10-01T00:00:00Z') answer(response, { commit: 'c1', at: '2026-10-01T00:00:00Z', rows: [row('acme', ['apps.read'])] });
    else answer(response, { commit: 'c2', at: '2026-11-01T00:00:00Z', rows: [row('acme', ['apps.deploy'])], next: 'acme' });
  };
  const { out, paths } = await cameleer({ 'GET /api/v1/audit/access': review }, 'audit', 'access', '--compare', '2026-10-01', '--at', '2026-11-01', '--json');
  expect((JSON.parse(out) as { changes: unknown }).changes).toEqual([
    { tenant: 'acme', environment: 'prod', subject: 'usr_x', kind: 'person', gained: ['apps.deploy'], lost: ['apps.read'] },
    { tenant: 'beta', environment: 'prod', subject: 'usr_x', kind: 'person', gained: ['apps.read'], lost: [] },
  ]);
  expect(paths.some((path) => path.includes('at=c2') && path.includes('after=acme'))).toBe(true);
});

test('blame asks for the object that a path names, and history and get pass on their times', async () => {
  const empty = { fields: [] };
  expect((await cameleer({ 'GET /api/v1/tenants/acme/members/usr_x000000000000001/blame': empty }, 'blame', 'acme', '--path', 'members/usr_x000000000000001.yaml')).code).toBe(0);
  await server?.close();
  expect((await cameleer({}, 'blame', 'acme', '--path', 'nonsense')).code).toBe(2);
  await server?.close();
  const history = await cameleer({ 'GET /api/v1/history': { entries: [], notices: [] } }, 'history', '--actor', 'usr_x', '--from', '2026-11-20T12:00+01:00');
  expect(history.paths).toEqual(['/api/v1/history?limit=20&actor=usr_x&from=2026-11-20T11%3A00%3A00Z']);
  await server?.close();
  expect((await cameleer({}, 'history', 'acme', '--from', 'yesterday')).code).toBe(2);
});
