import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { EngineError } from '../engine/index.ts';
import { serve, type Served } from './testing/serve.ts';

const acme = '/api/v1/tenants/acme';

interface Entry { readonly commit: string; readonly author: string; readonly time: string; readonly trailers: Readonly<Record<string, readonly string[]>> }

let served: Served;
let owner: string;
let auditor: string;

beforeAll(async () => {
  served = await serve();
  owner = await served.person('usr_owner00000000001', 'acme', [{ role: 'owner', environments: ['*'] }]);
  auditor = await served.person('usr_auditor000000001');
  await patch('/api/v1/platform', served.operator, { spec: { auditors: ['usr_auditor000000001'] } });
  await patch(`${acme}/settings`, owner, { spec: { displayName: 'Acme & Sons' } });
}, 60_000);
afterAll(() => served.close());

async function patch(path: string, token: string, json: unknown): Promise<void> {
  const { headers } = await served.ask('GET', path, { token });
  expect(await served.ask('PATCH', path, { token, json, headers: { 'If-Match': headers.get('etag') ?? '' } })).toMatchObject({ status: 200 });
}

async function entries(path: string, token = served.operator): Promise<readonly Entry[]> {
  const { status, body } = await served.ask('GET', path, { token });
  expect(status, JSON.stringify(body)).toBe(200);
  return body['entries'] as readonly Entry[];
}

describe('history', () => {
  test('is filtered by person, action, object and time', async () => {
    const [renamed] = await entries(`${acme}/history?actor=usr_owner00000000001`, owner);
    expect(renamed).toMatchObject({ author: 'usr_owner00000000001', trailers: { 'Cameleer-Action': ['settings.change'] } });
    expect(await entries(`${acme}/history?action=settings.change`)).toEqual([renamed]);
    expect((await entries(`${acme}/history?path=settings.yaml&limit=1`))[0]).toEqual(renamed);
    expect(await entries(`${acme}/history?actor=usr_owner00000000001&environment=dev`)).toEqual([]);
    expect(await entries(`${acme}/history?actor=usr_owner00000000001&from=2100-01-01T00:00:00Z`)).toEqual([]);
    expect(await entries(`${acme}/history?actor=usr_owner00000000001&to=2100-01-01T00:00Z`)).toEqual([renamed]);
  });

  test('says when to ask again while its index is being made', async () => {
    const { engine } = served.plane.stores;
    const history = vi.spyOn(engine, 'history').mockRejectedValue(new EngineError('index_building', 'Not yet.', { retryAfterSeconds: 5 }));
    try {
      const { status, headers, body } = await served.ask('GET', `${acme}/history`);
      expect([status, headers.get('retry-after'), body['code']]).toEqual([503, '5', 'index_building']);
    } finally {
      history.mockRestore();
    }
  });

  test('refuses a time without a zone, a period without a moment, and a path of no object', async () => {
    for (const wrong of ['from=yesterday', 'to=2026-11-20T12:00', 'path=nonsense.txt', 'to=2026-11-20T12:00Z&from=2026-11-20T12:00Z']) {
      expect((await served.ask('GET', `${acme}/history?${wrong}`)).body, wrong).toMatchObject({ code: 'invalid_request', problems: [{ pointer: `/query/${wrong.split('=')[0]!}` }] });
    }
  });

  test('of the whole state is for operators and auditors', async () => {
    expect((await entries('/api/v1/history?path=platform.yaml&limit=1', auditor))[0]).toMatchObject({ trailers: { 'Cameleer-Action': ['platform.change'] } });
    expect((await served.ask('GET', '/api/v1/history', { token: owner })).body).toMatchObject({ code: 'forbidden' });
  });
});

describe('as of a time', () => {
  test('objects, lists and summaries are as they were, for whoever may read them now', async () => {
    const before = (await entries('/api/v1/history?limit=200')).findLast(({ commit }) => commit !== '')!;
    const now = await served.ask('GET', `${acme}/settings`);
    const then = await served.ask('GET', `${acme}/settings?at=${before.commit}`);
    expect([(now.body['object'] as { spec: { displayName: string } }).spec.displayName, (then.body['object'] as { spec: { displayName: string } }).spec.displayName]).toEqual(['Acme & Sons', expect.not.stringContaining('Sons')]);
    const members = async (at: string) => ((await served.ask('GET', `${acme}/members?limit=1000${at}`)).body['items'] as readonly unknown[]).length;
    expect(await members('')).toBe(await members(`&at=${before.commit}`) + 1);
    expect((await served.ask('GET', `/api/v1/tenants?at=${before.commit}`)).body['tenants']).toHaveLength(3);
    expect((await served.ask('GET', `${acme}?at=${before.commit}`)).body).toMatchObject({ displayName: expect.not.stringContaining('Sons') as string, notices: [] });
    expect((await served.ask('GET', `${acme}/settings?at=2001-01-01T00:00:00Z`)).body.code).toBe('not_found');
    expect((await served.ask('GET', `${acme}/settings?at=soon`)).body.code).toBe('invalid_request');
    expect((await served.ask('GET', `/api/v1/tenants/globex/settings?at=${before.commit}`, { token: owner })).body.code).toBe('not_found');
  });

  test('blame names who set each field', async () => {
    const { body } = await served.ask('GET', `${acme}/settings/blame`, { token: owner });
    const fields = body['fields'] as readonly { pointer: string; value: unknown; entry: Entry }[];
    expect(fields.find(({ pointer }) => pointer === '/spec/displayName')).toMatchObject({ value: 'Acme & Sons', entry: { author: 'usr_owner00000000001' } });
    expect(fields.find(({ pointer }) => pointer === '/kind')!.entry).toMatchObject({ subject: 'Change that concerns more than this tenant' });
  });
});

describe('the review of access', () => {
  test('tells auditors who may do what in each environment, and could before', async () => {
    const rows = async (query: string) => (await served.ask('GET', `/api/v1/audit/access?tenant=acme${query}`, { token: auditor })).body['rows'] as readonly { subject: string; environment: string; kind: string; actions: readonly string[] }[];
    const now = await rows('');
    expect(now.find(({ subject, environment }) => subject === 'usr_owner00000000001' && environment === 'prod')!.actions).toEqual(expect.arrayContaining(['apps.deploy', 'changes.approve']));
    expect(now.find(({ kind }) => kind === 'auditor')).toMatchObject({ subject: 'usr_auditor000000001', tenant: '*' });
    const first = (await entries('/api/v1/history?limit=200')).at(-1)!;
    expect((await rows(`&at=${first.commit}`)).filter(({ subject, kind }) => subject === 'usr_owner00000000001' || kind === 'auditor')).toEqual([]);
    expect((await served.ask('GET', '/api/v1/audit/access', { token: owner })).body.code).toBe('forbidden');
    for (const nowhere of ['tenant=nobody', 'tenant=acme&environment=nowhere']) expect((await served.ask('GET', `/api/v1/audit/access?${nowhere}`, { token: auditor })).body.code).toBe('not_found');
  });
});

describe('the records for an auditor', () => {
  test('come in pages, of a tenant to whoever may read its audit, of everything to auditors', async () => {
    const first = await served.ask('GET', '/api/v1/audit/records?limit=2', { token: auditor });
    const [newest] = first.body['records'] as readonly { commit: string; verdict: string; paths: readonly string[] }[];
    expect(newest).toMatchObject({ verdict: 'accepted', signature: 'platform', paths: ['tenants/ac/acme/settings.yaml'] });
    const second = await served.ask('GET', `/api/v1/audit/records?limit=2&before=${String(first.body['next'])}`, { token: auditor });
    expect(second.body['records']).not.toContainEqual(newest);
    expect(((await served.ask('GET', `${acme}/audit/records?actor=usr_owner00000000001`, { token: owner })).body['records'] as readonly unknown[])).toEqual([newest]);
    expect((await served.ask('GET', '/api/v1/audit/records', { token: owner })).body.code).toBe('forbidden');
  });
});

test('tells a tenant’s people nothing of others: not in words, not of who it was', async () => {
  const { engine } = served.plane.stores;
  const ref = (tenant: string) => ({ kind: 'Settings', tenant, name: 'settings' }) as const;
  const { commit } = await engine.write({
    change: { action: 'settings.change', actor: 'usr_op3rat0r00000001', door: 'platform', requestId: 'history-both', subject: 'Name acme and globex alike', body: 'As globex asked.' },
    apply: async (draft) => {
      for (const tenant of ['acme', 'globex']) await draft.edit(ref(tenant), (document) => document.setIn(['spec', 'displayName'], 'Alike'));
    },
  });
  const places = ['history?limit=5', 'history?path=settings.yaml&limit=1', 'audit/records?limit=5', 'settings/blame'];
  for (const place of places) {
    const [all, told] = [await served.ask('GET', `${acme}/${place}`), await served.ask('GET', `${acme}/${place}`, { token: owner })];
    expect(JSON.stringify(all.body), place).toMatch(new RegExp(`${commit}.*Name acme and globex alike`));
    expect(JSON.stringify(told.body), place).toMatch(new RegExp(`${commit}.*Change that concerns more than this tenant`));
    expect(JSON.stringify(told.body), place).not.toContain('globex');
  }
  expect(await entries(`${acme}/history?action=settings.change&limit=1`, owner)).not.toMatchObject([{ commit }]);
});
