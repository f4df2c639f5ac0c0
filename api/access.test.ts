import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { deny } from '../ledger/index.ts';
import { serve, type Served } from './testing/serve.ts';
import { upload } from './testing/upload.ts';

const acme = '/api/v1/tenants/acme';
const orders = `${acme}/environments/dev/apps/orders`;

let served: Served;
let developer: string;
let viewer: string;
let stranger: string;

beforeAll(async () => {
  served = await serve();
  developer = await served.person('usr_developer0000001', 'acme', [{ role: 'developer', environments: ['dev'] }]);
  viewer = await served.person('usr_viewer0000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
  stranger = await served.person('usr_stranger00000001');
  expect((await upload(served, 'acme/orders', '4.18.0')).status).toBe(201);
}, 60_000);

afterAll(() => served.close());

describe('who may', () => {
  it('is told apart by a bearer token', async () => {
    expect(await served.ask('GET', '/api/v1/whoami', { token: null })).toMatchObject({ status: 401, body: { code: 'unauthenticated' } });
    expect((await served.ask('GET', '/api/v1/whoami', { token: `cml_${'a'.repeat(43)}` })).status).toBe(401);
    expect((await served.ask('GET', '/api/v1/whoami', { token: viewer })).body).toMatchObject({ operator: false, tenants: [{ tenant: 'acme', roles: ['viewer'] }] });
  });

  it('learns nothing of a tenant that they may not read', async () => {
    const there = await served.ask('GET', '/api/v1/tenants/globex', { token: viewer });
    const nowhere = await served.ask('GET', '/api/v1/tenants/nobody', { token: viewer });
    expect([there.status, there.body.code]).toEqual([404, 'not_found']);
    expect([nowhere.status, nowhere.body.code]).toEqual([404, 'not_found']);
    expect((await served.ask('GET', '/api/v1/tenants', { token: viewer })).body['tenants']).toHaveLength(1);
    expect((await served.ask('GET', '/api/v1/tenants', { token: stranger })).body['tenants']).toHaveLength(0);
  });

  it('is told where they are bound without a look into other tenants', async () => {
    const { engine } = served.plane.stores;
    const looked = vi.spyOn(engine, 'tenant');
    expect((await served.ask('GET', '/api/v1/whoami', { token: viewer })).body['tenants']).toEqual([{ tenant: 'acme', roles: ['viewer'] }]);
    expect((await served.ask('GET', '/api/v1/tenants', { token: viewer })).body['tenants']).toHaveLength(1);
    expect(new Set(looked.mock.calls.flat())).toEqual(new Set(['acme']));
    looked.mockRestore();
  });

  it('is decided from the roles, per environment', async () => {
    expect((await served.ask('POST', `${orders}/deployments?dryRun=true`, { token: developer, json: { release: 'v1' } })).status).toBe(200);
    expect(await served.ask('POST', `${orders}/deployments`, { token: viewer, json: { release: 'v1' } })).toMatchObject({ status: 403, body: { code: 'forbidden' } });
    expect((await served.ask('POST', `${acme}/environments/prod/apps/orders/deployments`, { token: developer, json: { release: 'v1' } })).status).toBe(403);
  });

  it('is asked for what a change really does, whatever route it takes', async () => {
    const settings = await served.ask('GET', `${acme}/settings`, { token: viewer });
    const changed = await served.ask('PATCH', `${acme}/settings`, { token: viewer, json: { spec: { displayName: 'Mine' } }, headers: { 'If-Match': settings.headers.get('etag') ?? '' } });
    expect([changed.status, changed.body.code]).toEqual([403, 'not_authorised']);
    const me = { apiVersion: 'cameleer.io/v1', kind: 'Member', metadata: { name: 'usr_stranger00000001' }, spec: { bindings: [{ role: 'owner', environments: ['*'] }] } };
    expect((await served.ask('PUT', `${acme}/members/usr_stranger00000001`, { token: developer, json: me })).status).toBe(403);
  });

  it('shows who is bound to a team the applications of that team', async () => {
    const member = await served.person('usr_teammate00000001', 'initech', [{ role: 'developer', environments: ['dev'], teams: ['claims'] }]);
    const other = await served.person('usr_otherteam0000001', 'initech', [{ role: 'developer', environments: ['dev'], teams: ['platform'] }]);
    const names = async (path: string, token: string, list: string) => ((await served.ask('GET', `/api/v1/tenants/initech${path}`, { token })).body[list] as readonly object[]).length;
    expect([await names('', member, 'applications'), await names('/apps', member, 'items')]).toEqual([1, 1]);
    expect([await names('', other, 'applications'), await names('/apps', other, 'items')]).toEqual([0, 0]);
    expect((await served.ask('POST', '/api/v1/tenants/initech/reverts', { token: member, json: { commit: '0'.repeat(40) } })).status).toBe(404);
  });

  it('may create a tenant when they are an operator', async () => {
    const path = '/api/v1/tenants/umbra/tenant';
    const tenant = { apiVersion: 'cameleer.io/v1', kind: 'Tenant', metadata: { name: 'umbra', uid: 'u1mbra2345678901' }, spec: { tier: 'low', cells: { default: 'local' }, lifecycle: 'active' } };
    expect((await served.ask('PUT', path, { token: viewer, json: tenant })).status).toBe(403);
    const made = await served.ask('PUT', path, { json: tenant, headers: { 'If-None-Match': '*' } });
    expect([made.status, made.body['problems'], made.body['detail']]).toEqual([201, undefined, undefined]);
    expect((await served.ask('GET', '/api/v1/tenants/umbra')).body).toMatchObject({ tenant: 'umbra', applications: [] });
    expect((await served.ask('PUT', path, { json: tenant, headers: { 'If-None-Match': '*' } })).status).toBe(409);
  });

  it('keeps platform objects and the mailmap for operators', async () => {
    expect((await served.ask('GET', '/api/v1/platform', { token: developer })).status).toBe(403);
    expect((await served.ask('GET', '/api/v1/cells/local')).status).toBe(200);
    expect((await served.ask('GET', '/api/v1/audit/mailmap')).text).toContain('<usr_developer0000001@users.noreply.cameleer.io>');
  });

  it('ends at once with the deny-list', async () => {
    const token = await served.person('usr_gone000000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
    expect((await served.ask('GET', acme, { token })).status).toBe(200);
    await deny(served.plane.stores.ledger, { kind: 'person', id: 'usr_gone000000000001', reason: 'left', by: 'usr_viewer0000000001' });
    expect((await served.ask('GET', acme, { token })).status).toBe(401);
  });
});
