import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { problem, type FakeAnswer } from '../testing/fake-control-plane.ts';
import { deployment, OnlineCli, orders, plan, written } from '../testing/online-cli.ts';

let cli: OnlineCli;
beforeEach(() => { cli = new OnlineCli(); });
afterEach(() => cli.close());

test('a revert that would be refused is not asked about', async () => {
  const refused = { plan: { ...plan, summary: { ...plan.summary, errors: 1 } }, leftAlone: [] };
  const ran = await cli.run({ 'POST /api/v1/tenants/acme/reverts': refused }, 'revert', 'a'.repeat(40), '--tenant', 'acme', '--yes');
  expect({ code: ran.code, asked: cli.received.map(({ path }) => path) }).toEqual({ code: 1, asked: ['/api/v1/tenants/acme/reverts?dryRun=true'] });
});

test('a secret that was encrypted anew is not called a change of the state by others', async () => {
  const answers = (base: string): Readonly<Record<string, FakeAnswer>> => ({
    'POST /api/v1/tenants/acme/reverts': (response: ServerResponse, { path }: { path: string }): void => {
      response.end(JSON.stringify(path.includes('dryRun') ? { plan, leftAlone: [] } : { ...written, plan: { ...plan, base, hash: 'e'.repeat(64) }, leftAlone: [] }));
    },
  });
  const revert = ['revert', 'a'.repeat(40), '--tenant', 'acme', '--yes'];
  const anew = (await cli.run(answers(plan.base), ...revert)).out();
  const moved = (await cli.run(answers('d'.repeat(40)), ...revert)).out();
  expect([anew, moved].map((text) => text.includes('the state has changed'))).toEqual([false, true]);
});

test('choices of which one says nothing about a field are not left out', async () => {
  const ran = await cli.run({}, 'revert', 'a'.repeat(40), '--tenant', 'acme', '--take', 'x.yaml#/spec/env/A=keep', '--take', 'keep');
  expect([ran.code, cli.received]).toEqual([2, []]);
});

describe('rollback', () => {
  /** Commits about the deployment, newest first, each with the release that it left; `c1` is the oldest. */
  const history = (...releases: readonly (string | undefined)[]): Readonly<Record<string, FakeAnswer>> => {
    const commits = releases.map((release, at) => ({ commit: `c${releases.length - at}`, release }));
    return {
      'GET /api/v1/tenants/acme/history': (response: ServerResponse, { path }: { path: string }): void => {
        // A page for each commit.
        const at = commits.findIndex(({ commit }) => path.includes(`before=${commit}`)) + 1;
        const { commit } = commits[at] ?? {};
        response.end(JSON.stringify({ entries: [{ commit, parents: [], author: 'x', time: '2026-01-01T00:00:00Z', subject: 's', trailers: {}, signature: 'platform' }], ...(at + 1 < commits.length && { next: commit }) }));
      },
      [`GET ${orders}`]: (response: ServerResponse, { path }: { path: string }): void => {
        const release = commits.find(({ commit }) => path.endsWith(`at=${commit}`))?.release;
        if (release === undefined) problem(response, 404, { code: 'not_found', detail: 'It was not there.' });
        else response.end(JSON.stringify({ ...deployment, object: { ...deployment.object, spec: { release } } }));
      },
      'POST /api/v1/tenants/acme/reverts': written,
    };
  };

  test('takes back what the newest change of release did there, not a newer one of something else', async () => {
    const ran = await cli.run(history('v2', 'v2', 'v2', 'v1'), 'rollback', 'acme/orders', '--env', 'dev');
    expect(ran.code, ran.err()).toBe(0);
    expect(cli.sent().at(-1)).toMatchObject({ path: '/api/v1/tenants/acme/reverts', body: { commit: 'c2', environment: 'dev', application: 'orders' } });
    expect(ran.out()).toContain('from v2 to v1');
  });

  test.each([
    ['the first release', history('v1', 'v1')],
    ['what was deleted and deployed again', history('v2', undefined, 'v1')],
    ['a release that was rolled back already', history('v1', 'v1', 'v2', 'v1')],
  ])('has nothing to take back: %s', async (_, routes) => {
    const ran = await cli.run(routes, 'rollback', 'acme/orders', '--env', 'dev');
    expect({ code: ran.code, err: ran.err() }).toEqual({ code: 4, err: expect.stringContaining('error: nothing_to_roll_back') as string });
  });
});

test('revert takes an id as history prints it, and refuses one that no commit has', async () => {
  const full = `abcd${'1'.repeat(36)}`;
  const entry = (commit: string): object => ({ commit, parents: [], author: 'x', time: '2026-01-01T00:00:00Z', subject: 's', trailers: {}, signature: 'platform' });
  const routes = {
    'GET /api/v1/tenants/acme/history': (response: ServerResponse, { path }: { path: string }): void => {
      response.end(JSON.stringify(path.includes('before=') ? { entries: [entry(`abcf${'3'.repeat(36)}`), entry(full)] } : { entries: [entry(`abce${'2'.repeat(36)}`)], next: 'x' }));
    },
    'POST /api/v1/tenants/acme/reverts': (response: ServerResponse, { path }: { path: string }): void => {
      response.end(JSON.stringify(path.includes('dryRun') ? { plan, leftAlone: [{ path: 'tenants/ac/acme/members/m.yaml', because: 'It belongs to members.', include: 'members' }] } : { ...written, leftAlone: [] }));
    },
  };
  const ran = await cli.run(routes, 'revert', 'abcd1111', '--tenant', 'acme', '--yes');
  expect(ran.code, ran.err()).toBe(0);
  expect(cli.sent().at(-1)?.body).toEqual({ commit: full });
  expect(ran.out()).toContain('--include members reverts it too');
  const unasked = await cli.run(routes, 'revert', 'acme/prod', 'as', 'of', '2026-11-20', '--app', 'orders', '--take', 'x.yaml#/spec/a=keep');
  expect({ code: unasked.code, err: unasked.err() }).toMatchObject({ code: 4, err: expect.stringContaining('error: not_confirmed') as string });
  expect(cli.sent().map(({ path, body }) => [path, body])).toEqual([['/api/v1/tenants/acme/reverts?dryRun=true', { asOf: '2026-11-20T23:59:59Z', environment: 'prod', application: 'orders', take: { 'x.yaml#/spec/a': 'keep' } }]]);
  const unknown = await cli.run(routes, 'revert', 'ffff1234', '--tenant', 'acme');
  expect({ code: unknown.code, err: unknown.err() }).toMatchObject({ code: 4, err: expect.stringContaining('error: unknown_revision') as string });
  expect(cli.sent().every(({ method }) => method === 'GET')).toBe(true);
});
