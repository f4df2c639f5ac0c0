import { afterAll, beforeAll, describe, expect, test } from 'vitest';
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

  test('refuses a time without a zone and a path of no object', async () => {
    for (const wrong of ['from=yesterday', 'to=2026-11-20T12:00', 'path=nonsense.txt']) {
      expect((await served.ask('GET', `${acme}/history?${wrong}`)).body, wrong).toMatchObject({ code: 'invalid_request', problems: [{ pointer: `/query/${wrong.split('=')[0]!}` }] });
    }
  });

  test('of the whole state is for operators and auditors', async () => {
    expect((await entries('/api/v1/history?path=platform.yaml&limit=1', auditor))[0]).toMatchObject({ trailers: { 'Cameleer-Action': ['platform.change'] } });
    expect((await served.ask('GET', '/api/v1/history', { token: owner })).body).toMatchObject({ code: 'forbidden' });
  });
});
