import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import { listAudit } from '../../ledger/index.ts';
import { serve, type Reply, type Served } from '../testing/serve.ts';

const environments = { acme: '/api/v1/tenants/acme/environments/prod', initech: '/api/v1/tenants/initech/environments/prod' };
const files = { acme: 'tenants/ac/acme/environments/prod/environment.yaml', initech: 'tenants/in/initech/environments/prod/environment.yaml' };

let served: Served;
let folder: string;
/** Owner of acme, who approves there. */
let otto: string;
/** Owners of initech, whose prod wants two. */
let ines: string;
let ivan: string;
/** Of initech, and may approve nothing. */
let dora: string;
/** Of globex, which the change does not concern. */
let gina: string;

beforeAll(async () => {
  served = await serve();
  const person = (name: string, tenant: string, role = 'owner') => served.person(`usr_${name}${'0'.repeat(16 - name.length)}`, tenant, [{ role, environments: ['*'] }]);
  [otto, ines, ivan, dora, gina] = [await person('otto', 'acme'), await person('ines', 'initech'), await person('ivan', 'initech'), await person('dora', 'initech', 'developer'), await person('gina', 'globex')];
  expect((await patch(environments.acme, { approval: { required: true, approvers: { roles: ['owner'], count: 1 } } })).status).toBe(200);
  folder = mkdtempSync(join(tmpdir(), 'cameleer-several-'));
  const url = new URL(`${served.server.url}/git/state.git`);
  url.username = 'me';
  url.password = served.operator;
  await git('clone', '--quiet', url.href, '.');
}, 60_000);
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await served.close();
});

interface View {
  readonly number: number;
  readonly status: string;
  readonly title: string;
  readonly part?: readonly string[];
  readonly mergeable: boolean;
  readonly mergedCommit?: string;
  readonly checks: readonly { readonly name: string; readonly state: string; readonly tenant?: string }[];
  readonly approvals: readonly { readonly person: string; readonly counts: boolean }[];
  readonly plan: { readonly hash: string; readonly objects: readonly { readonly path: string }[]; readonly summary: { readonly tenants: number } };
}

async function git(...args: string[]): Promise<string> {
  const { status, out, err } = await runStockGit(folder, args);
  expect(status, err).toBe(0);
  return out + err;
}

async function patch(path: string, spec: object): Promise<Reply> {
  const { headers } = await served.ask('GET', path);
  return served.ask('PATCH', path, { json: { spec }, headers: { 'If-Match': headers.get('etag') ?? '' } });
}

const view = async (number: number, token: string) => served.ask('GET', `/api/v1/change-requests/${number}`, { token });
const viewOf = (reply: Reply) => reply.body as unknown as View;
const approve = async (number: number, token: string) => served.ask('POST', `/api/v1/change-requests/${number}/approvals`, { token, json: { planHash: viewOf(await view(number, token)).plan?.hash ?? '0'.repeat(64) } });
const merge = (number: number, token: string) => served.ask('POST', `/api/v1/change-requests/${number}/merge`, { token });

/** An operator turns the approval of environments over to others, in one commit. */
async function propose(role: string, paths: readonly string[] = Object.values(files)): Promise<number> {
  await git('fetch', '--quiet');
  await git('reset', '--quiet', '--hard', 'origin/main');
  for (const path of paths) {
    const file = join(folder, path);
    const document = parseDocument(readFileSync(file, 'utf8'));
    document.setIn(['spec', 'approval', 'approvers'], document.createNode({ roles: [role], count: 1 }));
    writeFileSync(file, document.toString());
  }
  await git('-c', 'user.name=o', '-c', 'user.email=o@acme.example', 'commit', '--quiet', '-a', '-m', 'Ask other people at acme and initech', '-m', 'Because acme asked for it.');
  const [, number] = /Change request (\d+):/.exec(await git('push', 'origin', 'HEAD:refs/for/main')) ?? [];
  return Number(number);
}

describe('a change request over two tenants', () => {
  it('is approved by the people of each, who see their part and nothing of the other', async () => {
    const number = await propose('admin');
    const whole = viewOf(await view(number, served.operator));
    expect(whole).toMatchObject({ title: 'Ask other people at acme and initech', plan: { summary: { tenants: 2 } } });
    expect((await view(number, gina)).status).toBe(404);
    for (const [token, own, other] of [[otto, 'acme', 'initech'], [ines, 'initech', 'acme']] as const) {
      const seen = await view(number, token);
      expect(seen).toMatchObject({ status: 200, body: { part: [own], mergeable: false, plan: { hash: whole.plan.hash, objects: [{ path: files[own] }], summary: { tenants: 1 } } } });
      expect(seen.text).not.toContain(other);
      const listed = await served.ask('GET', `/api/v1/tenants/${own}/change-requests`, { token });
      expect((listed.body['requests'] as View[]).map((each) => each.number)).toEqual([number]);
      expect(listed.text).not.toContain(other);
    }
    expect((await served.ask('GET', '/api/v1/tenants/globex/change-requests', { token: gina })).body['requests']).toEqual([]);

    expect(await approve(number, dora)).toMatchObject({ status: 403, body: { code: 'not_authorised', detail: expect.not.stringContaining('acme') } });
    const first = await approve(number, otto);
    expect(first).toMatchObject({ status: 200, body: { approvals: [{ counts: true }], mergeable: false } });
    expect(viewOf(first).checks.filter(({ name }) => name === 'approved')).toMatchObject([{ tenant: 'acme', state: 'passed' }, { state: 'pending' }]);
    expect(first.text).not.toContain('initech');
    const second = await approve(number, ines);
    expect(second).toMatchObject({ status: 200, body: { mergeable: false, approvals: [{ person: 'usr_ines000000000000' }] } });
    expect(second.text).not.toContain('acme');
    expect(await merge(number, served.operator)).toMatchObject({ status: 409, body: { code: 'approvals_missing' } });
    expect(viewOf(await approve(number, ivan)).mergeable).toBe(true);
    expect(await merge(number, ines)).toMatchObject({ status: 403, body: { code: 'not_authorised' } });
    const merged = viewOf(await merge(number, served.operator));
    expect(merged.status).toBe('merged');
    await git('fetch', '--quiet');
    expect((await git('log', '-1', '--format=%(trailers:key=Approved-By,valueonly)', 'origin/main')).trim().split('\n')).toEqual(['usr_otto000000000000', 'usr_ines000000000000', 'usr_ivan000000000000']);
    const settled = await view(number, ines);
    expect(settled).toMatchObject({ body: { status: 'merged', plan: { hash: whole.plan.hash, objects: [{ path: files.initech }] } } });
    expect(settled.text).not.toContain('acme');
    const audit = await listAudit(served.plane.stores.ledger, { chain: 'initech', limit: 100 });
    expect(audit.filter(({ action }) => action === 'request.approve').map(({ actor }) => actor)).toEqual(expect.arrayContaining(['usr_ines000000000000', 'usr_ivan000000000000']));
  });

  it('says that something elsewhere is in its way, and not what', async () => {
    const number = await propose('developer');
    expect((await patch(environments.acme, { approval: { approvers: { roles: ['viewer'] } } })).status).toBe(200);
    const seen = await view(number, ines);
    expect(viewOf(seen)).toMatchObject({ mergeable: false, conflicts: [] });
    expect(viewOf(seen).checks.find(({ name }) => name === 'up_to_date')).toMatchObject({ state: 'failed' });
    const refused = await approve(number, ines);
    expect(refused).toMatchObject({ status: 409, body: { code: 'request_conflict' } });
    for (const { text } of [seen, refused]) expect(text).not.toContain('acme');
    expect(await view(number, otto)).toMatchObject({ body: { conflicts: [{ path: files.acme }] } });
  });
});

it('a pushed change request of one tenant whose words name another shows its people none of them', async () => {
  const number = await propose('viewer', [files.initech]);
  const seen = await view(number, ines);
  expect(seen).toMatchObject({ status: 200, body: { part: ['initech'], plan: { objects: [{ path: files.initech }] } } });
  const listed = await served.ask('GET', '/api/v1/tenants/initech/change-requests', { token: ines });
  for (const { text } of [seen, listed]) expect(text).not.toContain('acme');
  expect((await view(number, otto)).status).toBe(404);
  expect(viewOf(await view(number, served.operator)).title).toBe('Ask other people at acme and initech');
});
