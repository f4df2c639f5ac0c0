import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import { runStockGit } from '../../engine/testing/run-stock-git.ts';
import { deny } from '../../ledger/index.ts';
import { dev, everywhere, prod, serveRequests, staging, states, viewOf, type ServedRequests, type View } from '../testing/serve-requests.ts';
import { upload } from '../testing/upload.ts';

let served: ServedRequests;

beforeAll(async () => { served = await serveRequests(); }, 60_000);
afterAll(() => served.close());

describe('a request that is asked for', () => {
  it('is made of any write and merged without approval where none is needed, keeping the comments of both', async () => {
    const path = '/api/v1/tenants/initech/apps/claims';
    const made = await served.ask('PATCH', `${path}?request=true`, { token: served.anna, json: { spec: { displayName: 'Our claims' } }, headers: { 'If-Match': (await served.ask('GET', path)).headers.get('etag') ?? '' } });
    expect(made).toMatchObject({ status: 202, body: { request: { mergeable: true } } });
    const { number } = (made.body as { request: View }).request;
    expect(made.headers.get('location')).toBe(`/api/v1/change-requests/${number}`);
    const merged = await served.merge(number, served.anna);
    expect(merged).toMatchObject({ status: 200, body: { status: 'merged' } });
    expect(await served.ask('GET', path)).toMatchObject({ body: { object: { spec: { displayName: 'Our claims' } } } });
  });

  it('of several files is one commit, and says which fields conflict when others change them', async () => {
    const body = await served.fileBody('conflict');
    const opened = await served.ask('POST', '/api/v1/tenants/initech/change-requests', { token: served.developer, json: { ...body, title: 'Set LINE', description: 'Because of claim 7.' } });
    expect(opened).toMatchObject({ status: 201, body: { title: 'Set LINE', description: 'Because of claim 7.' } });
    const { number } = viewOf(opened);
    await served.patch(prod, { env: { LINE: 'theirs' } }, served.operator);
    const stale = await served.show(number);
    expect(states(stale)).toEqual({ up_to_date: 'failed', valid: 'pending', within_limits: 'pending', isolated: 'pending', authorised: 'pending', approved: 'pending' });
    const field = { pointer: '/spec/env/LINE', theirs: 'theirs', mine: 'conflict' };
    expect(stale).toMatchObject({ conflicts: [{ path: 'tenants/in/initech/environments/prod/apps/claims.yaml', fields: [field] }] });
    expect(await served.approve(number, served.anna, '0'.repeat(64))).toMatchObject({ status: 409, body: { code: 'request_conflict' } });
    expect(await served.merge(number)).toMatchObject({ status: 409, body: { code: 'request_conflict', conflicts: [{ fields: [field] }] } });
    const updated = await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: served.developer, json: await served.fileBody('mine after all') });
    expect(viewOf(updated)).toMatchObject({ revision: 2, conflicts: [] });
    expect(await served.ask('POST', `/api/v1/change-requests/${number}/revisions`, { token: served.anna })).toMatchObject({ status: 403, body: { code: 'not_its_author' } });
  });

  it('is refused when it would be invalid, changes nothing, or is not the caller’s to make', async () => {
    expect(await served.patch(prod, { release: 'v99' }, served.developer)).toMatchObject({ status: 422, body: { code: 'invalid' } });
    const { number } = await served.propose();
    expect(await served.patch(staging, {}, served.developer, '?request=true')).toMatchObject({ status: 409, body: { code: 'nothing_to_request' } });
    // What is refused takes no number, nor does what is asked again.
    expect((await served.propose()).number).toBe(number + 1);
    expect(await served.patch('/api/v1/tenants/initech/settings', { displayName: 'X' }, served.developer, '?request=true')).toMatchObject({ status: 403 });
    const open = (await served.ask('GET', '/api/v1/change-requests?status=open')).body['requests'] as { branch: string }[];
    expect((await served.git('for-each-ref', '--format=%(refname:short)', 'refs/heads/requests/')).split('\n').toSorted()).toEqual(open.map(({ branch }) => branch).toSorted());
  });

  it('takes no file twice, of which one text would be lost, nor does a write of several files', async () => {
    const twice = ['Owns them.', 'Owns all.'].map((description) => ({ path: 'tenants/in/initech/teams/twice.yaml', etag: null, text: stringify({ apiVersion: 'cameleer.io/v1', kind: 'Team', metadata: { name: 'twice' }, spec: { displayName: 'Twice', description } }) }));
    for (const path of ['changes', 'change-requests']) expect(await served.ask('POST', `/api/v1/tenants/initech/${path}`, { json: { title: 'Twice', files: twice } })).toMatchObject({ status: 400, body: { code: 'invalid_request', problems: [{ pointer: '/body/files/1/path' }] } });
  });

  it('is made in a freeze, and merged after it', async () => {
    expect((await upload(served, 'initech/claims', '4.17.0')).status).toBe(201);
    expect((await served.ask('POST', `${dev}/deployments`, { token: served.developer, json: { release: 'v2' } })).status).toBe(200);
    const window = { from: '2020-01-01T00:00:00Z', until: '2999-01-01T00:00:00Z', reason: 'Holidays.' };
    const environment = '/api/v1/tenants/initech/environments/staging';
    expect((await served.patch(environment, { freezes: [window] }, served.operator)).status).toBe(200);
    expect(await served.ask('POST', `${staging}/deployments`, { token: served.developer, json: { release: 'v2' } })).toMatchObject({ status: 422, body: { code: 'invalid' } });
    const made = await served.ask('POST', `${staging}/deployments?request=true`, { token: served.developer, json: { release: 'v2' } });
    expect(made.status).toBe(202);
    const { request } = made.body as { request: View };
    expect(states(request)).toMatchObject({ valid: 'failed', within_limits: 'passed', isolated: 'pending' });
    expect(await served.merge(request.number)).toMatchObject({ status: 422, body: { code: 'invalid', problems: [{ code: 'environment_frozen' }] } });
    expect((await served.patch(environment, { freezes: null }, served.operator)).status).toBe(200);
    expect(await served.merge(request.number)).toMatchObject({ status: 200, body: { status: 'merged' } });
  });

  it('does not merge by itself for somebody who is denied; a person may', async () => {
    const leaver = await served.person('usr_leaver0000000001', 'initech', everywhere('developer'));
    const made = await served.patch(prod, { env: { LEAVER: 'x' } }, leaver, '?autoMerge=true');
    const { number } = (made.body as { request: View }).request;
    await served.approve(number, served.anna);
    await deny(served.plane.stores.ledger, { kind: 'person', id: 'usr_leaver0000000001', reason: 'Left', by: 'platform' });
    expect(viewOf(await served.approve(number, served.bert))).toMatchObject({ status: 'open', mergeable: true });
    expect(viewOf(await served.merge(number))).toMatchObject({ status: 'merged' });
  });

  it('merges by itself once the last approval is there, when that was asked for', async () => {
    const { number } = await served.propose('?autoMerge=true');
    expect(viewOf(await served.approve(number, served.anna)).status).toBe('open');
    expect(viewOf(await served.approve(number, served.bert))).toMatchObject({ status: 'merged', settledBy: 'usr_developer0000001' });
    expect(await served.git('log', '-1', '--format=%(trailers:key=Change-Request,valueonly)', 'main')).toBe(String(number));
  });

  it('is refused to who has too many open', async () => {
    const eager = await served.person('usr_eager00000000001', 'initech', everywhere('admin'));
    await served.plane.stores.ledger.query(
      `insert into change_requests (number, tenant, title, author, request_id, status, commit, created_at, updated_at)
       select 100000 + number, 'initech', 'Many', 'usr_eager00000000001', 'req-' || number, 'open', repeat('0', 40), now(), now() from generate_series(1, 200) as number`,
    );
    expect(await served.patch(prod, { env: { EAGER: '1' } }, eager)).toMatchObject({ status: 409, body: { code: 'requests_over_limit' } });
    await served.plane.stores.ledger.query("delete from change_requests where author = 'usr_eager00000000001'");
  });

  it('answers a dry run of a write that needs approval with the whole plan', async () => {
    const planned = await served.patch(prod, { env: { DRY: '1' } }, served.developer, '?dryRun=true');
    expect(planned).toMatchObject({ status: 200, body: { plan: { summary: { objects: { modified: 1 } }, problems: expect.not.arrayContaining([expect.objectContaining({ severity: 'error' })]) }, approvals: [{ tenant: 'initech', environment: 'prod', count: 2 }] } });
    expect((await served.patch(staging, { env: { DRY: '1' } }, served.developer, '?dryRun=true')).body).not.toHaveProperty('approvals');
  });
});

describe('a push to refs/for/main', () => {
  it('opens a request of all that its commits change; nothing of it reaches main', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cameleer-for-main-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const url = new URL(`${served.server.url}/git/state.git`);
    url.username = 'me';
    url.password = served.operator;
    const here = async (...args: string[]) => runStockGit(folder, args);
    expect((await here('clone', '--quiet', url.href, '.')).status).toBe(0);
    const head = await served.git('rev-parse', 'main');
    for (const name of ['One', 'Two']) {
      const path = join(folder, 'tenants/gl/globex/settings.yaml');
      writeFileSync(path, readFileSync(path, 'utf8').replace(/displayName: .*/, `displayName: ${name}`));
      await here('-c', 'user.name=o', '-c', 'user.email=o@globex.example', 'commit', '--quiet', '-a', '-m', `Call globex ${name}`, '-m', 'It is time.');
    }
    const pushed = await here('push', 'origin', 'HEAD:refs/for/main');
    expect(pushed).toMatchObject({ status: 0 });
    const [, number] = /Change request (\d+): Call globex Two/.exec(pushed.err) ?? [];
    expect(await served.git('rev-parse', 'main')).toBe(head);
    const request = await served.show(Number(number), served.operator);
    expect(request).toMatchObject({ tenant: 'globex', title: 'Call globex Two', description: 'It is time.', mergeable: true, plan: { objects: [{ fields: [{ pointer: '/spec/displayName', after: 'Two' }] }] } });
    expect(await served.git('rev-list', '--count', `${head}..requests/${number}`)).toBe('1');
    expect(await served.merge(Number(number), served.operator)).toMatchObject({ status: 200, body: { status: 'merged' } });
    await here('fetch', '--quiet');
    await here('reset', '--quiet', '--hard', 'origin/main');
    const invalid = join(folder, 'tenants/gl/globex/settings.yaml');
    writeFileSync(invalid, 'spec: [');
    await here('-c', 'user.name=o', '-c', 'user.email=o@globex.example', 'commit', '--quiet', '-a', '-m', 'Break it');
    const refused = await here('push', 'origin', 'HEAD:refs/for/main');
    expect(refused.status).not.toBe(0);
    expect(refused.err).toMatch(/settings\.yaml:\d+:\d+/);
  });
});
