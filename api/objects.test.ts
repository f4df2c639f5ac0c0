import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compileSchema } from '../schemas/index.ts';
import { problemDetails } from './schemas/answers.ts';
import { serve, type Served } from './testing/serve.ts';

const acme = '/api/v1/tenants/acme';

let served: Served;
let viewer: string;
let stranger: string;

beforeAll(async () => {
  served = await serve();
  viewer = await served.person('usr_viewer0000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
  stranger = await served.person('usr_stranger00000001');
}, 60_000);

afterAll(() => served.close());

describe('objects', () => {
  const hold = (reason: string) => ({ apiVersion: 'cameleer.io/v1', kind: 'Hold', metadata: { name: 'orders' }, spec: { reason, by: 'usr_developer0000001' } });

  it('are changed only by who says which version', async () => {
    const path = `${acme}/teams/integration`;
    const read = await served.ask('GET', path);
    const etag = read.headers.get('etag') ?? '';
    expect(etag).toBe(`"${String(read.body['etag'])}"`);
    expect(await served.ask('PATCH', path, { json: { spec: { description: 'a' } } })).toMatchObject({ status: 428, body: { code: 'precondition_required' } });
    const first = await served.ask('PATCH', path, { json: { spec: { description: 'a' } }, headers: { 'If-Match': etag } });
    expect(first.status).toBe(200);
    const second = await served.ask('PATCH', path, { json: { spec: { description: 'b' } }, headers: { 'If-Match': etag } });
    expect(second).toMatchObject({ status: 412, body: { code: 'precondition_failed', conflict: { fields: [{ pointer: '/spec/description', theirs: 'a', mine: 'b' }] } } });
    expect((await served.ask('DELETE', path, { headers: { 'If-Match': 'x' } })).body.code).toBe('invalid_request');
  });

  it('hold no half of a pair of UTF-16, which no file can hold, and any whole pair', async () => {
    const { engine } = served.plane.stores;
    const path = `${acme}/teams/integration`;
    const change = async (body: string, type = 'application/merge-patch+json') => served.ask(type.includes('patch') ? 'PATCH' : 'PUT', path, { body, headers: { 'Content-Type': type, 'If-Match': (await served.ask('GET', path)).headers.get('etag') ?? '' } });
    const { commit } = engine.head();
    expect(await change('{"spec":{"description":"a\\ud800"}}')).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
    expect(await change('{"spec":{"x\\udc00":"a"}}')).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
    const yaml = 'apiVersion: cameleer.io/v1\nkind: Team\nmetadata:\n  name: integration\nspec:\n  displayName: Integration\n  description: "\\uD800"\n';
    expect(await change(yaml, 'application/yaml')).toMatchObject({ status: 422, body: { problems: [{ code: 'control_character' }] } });
    expect(engine.head().commit).toBe(commit);
    expect(await change('{"spec":{"description":"\\ud83d\\ude00"}}')).toMatchObject({ status: 200 });
    expect((await served.ask('GET', path)).body).toMatchObject({ object: { spec: { description: '\u{1F600}' } } });
  });

  it('that are not there are named with their place', async () => {
    expect(await served.ask('GET', `${acme}/environments/nowhere/apps/orders`)).toMatchObject({ status: 404, body: { code: 'not_found', detail: expect.stringContaining('acme/nowhere') as string } });
  });

  it('keep the comments of their file', async () => {
    const path = `${acme}/apps/orders`;
    const before = await served.ask('GET', path, { headers: { Accept: 'application/yaml' } });
    const comments = before.text.split('\n').filter((line) => line.trim().startsWith('#'));
    await served.ask('PATCH', path, { json: { spec: { displayName: 'Orders 2' } }, headers: { 'If-Match': before.headers.get('etag') ?? '' } });
    const after = await served.ask('GET', path, { headers: { Accept: 'application/yaml' } });
    expect(after.text).toContain('Orders 2');
    for (const comment of comments) expect(after.text).toContain(comment);
  });

  it('are created once, planned without being written, and refused when they break a rule', async () => {
    const path = `${acme}/environments/dev/holds/orders`;
    const wrong = await served.ask('PUT', `${acme}/teams/new-team`, { json: { apiVersion: 'cameleer.io/v1', kind: 'Team', metadata: { name: 'new-team' }, spec: { displayName: 'x', colour: 'red' } } });
    expect(wrong).toMatchObject({ status: 400, body: { code: 'invalid_request', problems: [{ pointer: '/body/spec/colour' }] } });
    const invalid = await served.ask('PUT', path, { json: hold('no deployment yet') });
    expect(invalid).toMatchObject({ status: 422, body: { code: 'invalid' } });
    expect((invalid.body['problems'] as readonly object[])[0]).toMatchObject({ path: 'tenants/ac/acme/environments/dev/holds/orders.yaml', line: expect.any(Number) as number });
    const broken = await served.ask('PUT', `${acme}/teams/integration`, { body: 'a: [', headers: { 'Content-Type': 'application/yaml', 'If-Match': (await served.ask('GET', `${acme}/teams/integration`)).headers.get('etag') ?? '' } });
    expect(broken).toMatchObject({ status: 422, body: { code: 'invalid' } });
  });

  it('that would open a path between tenants are refused with that path', async () => {
    const path = '/api/v1/cells/local';
    const cell = await served.ask('GET', path);
    const patch = { spec: { dns: { namespace: { 'kubernetes.io/metadata.name': null, 'app.kubernetes.io/managed-by': 'cameleer' }, pods: { 'k8s-app': null, 'cameleer.io/tenant': 'globex' } } } };
    const refused = await served.ask('PATCH', path, { json: patch, headers: { 'If-Match': cell.headers.get('etag') ?? '' } });
    expect([refused.status, refused.body.code]).toEqual([422, 'isolation']);
    expect(compileSchema(problemDetails)(refused.body)).toEqual([]);
    expect((refused.body['openings'] as readonly { message: string }[]).length).toBeGreaterThan(0);
  });

  it('that are environments bring their key, also when a tenant makes them', async () => {
    const owner = await served.person('usr_owner00000000001', 'initech', [{ role: 'owner', environments: ['*'] }]);
    const qa = { apiVersion: 'cameleer.io/v1', kind: 'Environment', metadata: { name: 'qa' }, spec: { order: 3 } };
    const made = await served.ask('PUT', '/api/v1/tenants/initech/environments/qa', { token: owner, json: qa });
    expect([made.status, made.body['problems']]).toEqual([201, undefined]);
    expect((await served.ask('PUT', '/api/v1/tenants/initech/environments/qa/secrets/db', { token: owner, json: { stringData: { password: 'x' } } })).status).toBe(201);
    expect((await served.ask('GET', '/api/v1/tenants/initech/environments/qa/key', { token: owner })).status).toBe(200);
  });

  it('of the platform are answered with links that lead to what was done, and away from it', async () => {
    const path = '/api/v1/platform';
    const { headers } = await served.ask('GET', path);
    const written = await served.ask('PATCH', path, { json: { spec: { auditors: ['usr_auditor000000001'] } }, headers: { 'If-Match': headers.get('etag') ?? '' } });
    const { history, revert } = written.body['links'] as Readonly<Record<string, string>>;
    expect((await served.ask('GET', `${history}?limit=1`)).body['entries']).toMatchObject([{ commit: written.body['commit'] }]);
    expect(await served.ask('POST', revert ?? '', { json: { commit: written.body['commit'], include: ['platform'] } })).toMatchObject({ status: 200 });
  });

  it('page by cursor', async () => {
    const first = await served.ask('GET', `${acme}/members?limit=1`);
    expect(first.body['items']).toHaveLength(1);
    const second = await served.ask('GET', `${acme}/members?limit=1&after=${String(first.body['next'])}`);
    expect(second.body['items']).not.toEqual(first.body['items']);
  });

  it('hold secrets that arrive in clear and are kept encrypted', async () => {
    const path = `${acme}/environments/dev/secrets/api-key`;
    expect((await served.ask('PUT', path, { json: { stringData: { key: 'hunter2-hunter2' } } })).status).toBe(201);
    const read = await served.ask('GET', path, { headers: { Accept: 'application/yaml' } });
    expect(read.text).toContain('ENC[AES256_GCM');
    expect(read.text).not.toContain('hunter2');
    expect((await served.ask('GET', path, { token: stranger })).status).toBe(404);
  });
});

interface PlanPage {
  readonly hash: string;
  readonly next?: string;
  readonly summary: { readonly tenants: number };
  readonly blastRadius: { readonly tenants: readonly string[] };
}

describe('a plan of all tenants', () => {
  it('is for operators, page by page, the whole in numbers on each', async () => {
    const tier = await served.ask('GET', '/api/v1/tiers/mid');
    const quota = (tier.body['object'] as { spec: { quota: object } }).spec.quota;
    const written = await served.ask('PATCH', '/api/v1/tiers/mid', { json: { spec: { quota: { ...quota, pods: 41 } } }, headers: { 'If-Match': tier.headers.get('etag') ?? '' } });
    const between = `base=${String(written.body['base'])}&head=${String(written.body['commit'])}`;
    expect((await served.ask('GET', `/api/v1/plan?${between}`, { token: viewer })).status).toBe(403);
    const hashes = new Set([(written.body['plan'] as { hash: string }).hash]);
    const tenants: string[] = [];
    for (let cursor: string | undefined = ''; cursor !== undefined;) {
      const page: PlanPage = (await served.ask('GET', `/api/v1/plan?${between}&limit=1${cursor === '' ? '' : `&cursor=${cursor}`}`)).body as unknown as PlanPage;
      hashes.add(page.hash);
      tenants.push(...page.blastRadius.tenants);
      cursor = page.next;
      expect(page.summary.tenants).toBeGreaterThan(0);
    }
    expect([hashes.size, tenants.includes('acme')]).toEqual([1, true]);
  });
});
