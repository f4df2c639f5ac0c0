import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { camelMainEntries } from '../images/testing/make-jar.ts';
import { makeZip } from '../images/testing/make-zip.ts';
import { deny, listAudit } from '../ledger/index.ts';
import { compileSchema } from '../schemas/index.ts';
import { createApp } from './app.ts';
import { routes } from './routes/index.ts';
import { problemDetails } from './schemas/answers.ts';
import { createApiServer, startServer } from './server.ts';
import { serve, type Served } from './testing/serve.ts';

const acme = '/api/v1/tenants/acme';
const orders = `${acme}/environments/dev/apps/orders`;
const jarType = { 'Content-Type': 'application/java-archive' };

let served: Served;
let developer: string;
let viewer: string;
let stranger: string;

beforeAll(async () => {
  served = await serve();
  developer = await served.person('usr_developer0000001', 'acme', [{ role: 'developer', environments: ['dev'] }]);
  viewer = await served.person('usr_viewer0000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
  stranger = await served.person('usr_stranger00000001');
  const uploaded = await served.ask('POST', `${acme}/apps/orders/releases`, { body: jar('4.18.0'), headers: jarType });
  expect(uploaded.status).toBe(201);
}, 60_000);

afterAll(() => served.close());

function jar(version: string): Uint8Array {
  return makeZip(camelMainEntries(version));
}

function leftovers(): readonly string[] {
  return readdirSync(served.plane.stores.uploads);
}

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

describe('requests', () => {
  it('are refused when they are not described', async () => {
    expect(await served.ask('GET', `${acme}?colour=red`)).toMatchObject({ status: 400, body: { code: 'invalid_request', problems: [{ pointer: '/query/colour' }] } });
    expect((await served.ask('GET', `${acme}/history?limit=1&limit=2`)).status).toBe(400);
    expect((await served.ask('GET', `${acme}/history?limit=many`)).status).toBe(400);
    expect((await served.ask('GET', '/api/v1/tenants/Not--An-Id')).status).toBe(400);
    expect((await served.ask('POST', `${orders}/deployments`, { json: { release: 'v1', colour: 'red' } })).body['problems']).toMatchObject([{ pointer: '/body/colour' }]);
    expect((await served.ask('POST', `${orders}/deployments`, { body: '{', headers: { 'Content-Type': 'application/json' } })).body.code).toBe('invalid_json');
    expect((await served.ask('POST', `${orders}/deployments`, { body: 'x', headers: { 'Content-Type': 'text/plain' } })).status).toBe(415);
    const refused = await served.ask('PUT', acme);
    expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET']);
    expect((await served.ask('GET', '/api/v2')).status).toBe(404);
  });

  it('that are no HTTP, or too much of it, get a coded answer', async () => {
    expect(await raw('NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"code":"invalid_request"/);
    expect(await raw(`GET / HTTP/1.1\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 [^]*"code":"headers_too_large"/);
  });

  it('are described by OpenAPI 3.1', async () => {
    const { body } = await served.ask('GET', '/api/openapi.json', { token: null });
    const paths = body['paths'] as Record<string, Record<string, { operationId: string }>>;
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));
    expect(new Set(ids).size).toBe(ids.length);
    const schemas = (body['components'] as { schemas: Record<string, unknown> }).schemas;
    for (const [, name] of JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"/]+)/g)) expect(Object.keys(schemas)).toContain(name);
  });
});

describe('uploads', () => {
  it('answer the existing release for the same bytes', async () => {
    expect(await served.ask('POST', `${acme}/apps/orders/releases`, { body: jar('4.18.0'), headers: jarType })).toMatchObject({ status: 200, body: { created: false, changed: false } });
    expect((await served.ask('POST', `${acme}/apps/orders/releases`, { body: jar('4.17.0'), headers: { ...jarType, 'Cameleer-Release': 'v1' } })).body.code).toBe('release_exists');
  });

  it('under one Idempotency-Key are of one JAR', async () => {
    const headers = { ...jarType, 'Idempotency-Key': 'upload-1' };
    const upload = (version: string) => served.ask('POST', '/api/v1/tenants/globex/apps/tracking/releases', { body: jar(version), headers });
    const first = await upload('4.18.0');
    expect(first).toMatchObject({ status: 201, body: { created: true } });
    expect(await upload('4.18.0')).toMatchObject({ status: 201, body: { commit: first.body['commit'] } });
    expect(await upload('4.17.0')).toMatchObject({ status: 409, body: { code: 'idempotency_key_reused' } });
  });

  it('that are no JAR are refused and leave nothing', async () => {
    expect(await served.ask('POST', `${acme}/apps/orders/releases`, { body: 'hello', headers: jarType })).toMatchObject({ status: 422, body: { code: 'not_a_zip' } });
    expect((await served.ask('POST', `${acme}/apps/orders/releases`, { body: '', headers: jarType })).body.code).toBe('upload_empty');
    expect(leftovers()).toEqual([]);
  });

  it('over the limit of the tier are refused before they are read', async () => {
    const reply = await raw(`POST ${acme}/apps/orders/releases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${served.operator}\r\nContent-Type: application/java-archive\r\nContent-Length: 999999999999\r\n\r\n`);
    expect(reply).toContain('413');
    expect(reply).toContain('jar_too_large');
  });

  it('that are refused while they are being sent get their answer, the connection not being reset before', async () => {
    const size = 8 * 1024 * 1024;
    // As many clients do: the whole body first, and only then the answer.
    const refused = async (path: string, type: string, token: string) => {
      const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1').pause();
      const write = (data: string | Uint8Array) => new Promise<void>((resolve, reject) => {
        socket.write(data, (error) => (error == null ? resolve() : reject(error)));
      });
      await write(`POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\nContent-Type: ${type}\r\nContent-Length: ${size}\r\n\r\n`);
      for (let sent = 0; sent < 16; sent += 1) {
        await write(Buffer.alloc(size / 16));
        await setTimeout(10);
      }
      const answer = await text(socket);
      return [Number(answer.split(' ')[1]), (JSON.parse(answer.slice(answer.indexOf('{'))) as { code: string }).code];
    };
    expect(await refused(`${acme}/apps/orders/releases`, 'application/java-archive', `cml_${'a'.repeat(43)}`)).toEqual([401, 'unauthenticated']);
    expect(await refused(`${orders}/restarts`, 'text/plain', served.operator)).toEqual([415, 'unsupported_media_type']);
    expect(await refused(`${orders}/deployments`, 'application/json', served.operator)).toEqual([413, 'body_too_large']);
  });

  it('that are cut in half leave nothing', async () => {
    const head = await served.ask('GET', `${acme}/history?limit=1`);
    const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1');
    socket.write(`POST ${acme}/apps/orders/releases HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${served.operator}\r\nContent-Type: application/java-archive\r\nContent-Length: 100000\r\n\r\n`);
    socket.write(Buffer.alloc(50_000));
    await expect.poll(leftovers).toHaveLength(1);
    socket.destroy();
    await expect.poll(leftovers).toEqual([]);
    expect((await served.ask('GET', `${acme}/history?limit=1`)).body).toEqual(head.body);
  });
});

describe('the way of a release', () => {
  it('is deployed, promoted, rolled back, held and resumed, each traced to its commit', async () => {
    const planned = await served.ask('POST', `${orders}/deployments?dryRun=true`, { json: { release: 'v1' } });
    expect(planned.body).toMatchObject({ plan: { blastRadius: { created: ['t-acme--dev/orders'] } } });
    expect((await served.ask('GET', orders)).status).toBe(404);

    const key = { 'Idempotency-Key': 'deploy-1' };
    const deployed = await served.ask('POST', `${orders}/deployments`, { token: developer, json: { release: 'v1', env: { GREETING: 'hi' } }, headers: { ...key, 'Cameleer-Door': 'cli' } });
    expect(deployed.status).toBe(200);
    const again = await served.ask('POST', `${orders}/deployments`, { token: developer, json: { release: 'v1', env: { GREETING: 'hi' } }, headers: key });
    expect(again.body).toEqual(deployed.body);
    expect((await served.ask('POST', `${orders}/deployments`, { token: developer, json: { release: 'v1' }, headers: key })).body.code).toBe('idempotency_key_reused');

    const promoted = await served.ask('POST', `${acme}/environments/prod/apps/orders/promotions`, { json: { from: 'dev' } });
    expect(promoted.body).toMatchObject({ release: 'v1', lacking: { configuration: ['env.GREETING'], secrets: [] } });
    expect((await served.ask('POST', `${acme}/environments/prod/apps/orders/promotions`, { json: { from: 'dev', release: 'v9' } })).body.code).toBe('nothing_to_promote');
    expect((await served.ask('POST', `${orders}/deployments`, { json: { release: 'v9' } })).body.code).toBe('release_not_found');

    const second = await served.ask('POST', `${acme}/apps/orders/releases`, { body: jar('4.18.1'), headers: jarType });
    expect(second.body).toMatchObject({ created: true, release: { metadata: { name: 'v2' } } });
    const update = await served.ask('POST', `${orders}/deployments`, { json: { release: 'v2' } });
    const reverted = await served.ask('POST', `${acme}/reverts`, { json: { commit: update.body['commit'] } });
    expect(reverted.status).toBe(200);
    expect((await served.ask('GET', orders)).body).toMatchObject({ object: { spec: { release: 'v1', env: { GREETING: 'hi' } } } });

    const hold = await served.ask('GET', `${acme}/environments/dev/holds/orders`);
    expect(hold.status).toBe(200);
    expect((await served.ask('POST', `${orders}/deployments`, { json: { release: 'v2' } })).body.code).toBe('held');
    await served.ask('DELETE', `${acme}/environments/dev/holds/orders`, { headers: { 'If-Match': hold.headers.get('etag') ?? '' } });
    expect((await served.ask('POST', `${orders}/deployments`, { json: { release: 'v2' } })).status).toBe(200);
    expect((await served.ask('POST', `${orders}/restarts`)).status).toBe(200);

    const plan = await served.ask('GET', `${acme}/plan?base=${String(update.body['base'])}&head=${String(update.body['commit'])}`);
    expect(plan.body).toMatchObject({ blastRadius: { restarted: ['t-acme--dev/orders'] } });
    expect((await served.ask('GET', `${acme}/plan?base=${'0'.repeat(40)}`)).status).toBe(404);
    const texts = await served.ask('GET', `${acme}/plan?base=${String(update.body['base'])}&head=${String(update.body['commit'])}&rendered=true`);
    expect((texts.body['rendered'] as readonly { diff: string }[])[0]?.diff).toContain('@@');

    const history = await served.ask('GET', `${acme}/history?environment=dev&application=orders`);
    const entries = history.body['entries'] as readonly { commit: string; signature: string; trailers: Record<string, readonly string[]> }[];
    const first = entries.find((entry) => entry.commit === deployed.body['commit']);
    expect(first).toMatchObject({ signature: 'platform', trailers: { 'Cameleer-Action': ['app.deploy'], 'Cameleer-Actor': ['usr_developer0000001'], 'Cameleer-Door': ['cli'], 'Cameleer-Environment': ['dev'] } });
  });

  it('is told by status and proof, also where no Java is', async () => {
    await served.plane.settled();
    const status = await served.ask('GET', `${orders}/status`);
    expect(status.body).toMatchObject({ desired: { release: 'v2', stopped: false }, notEnforced: expect.arrayContaining(['NetworkPolicy']) as string[] });
    await expect.poll(async () => (await served.ask('GET', `${orders}/status`)).body['observed']).toMatchObject({ health: 'failed', reason: 'JavaNotFound' });
    const proof = await served.ask('GET', `${orders}/proof`);
    const links = proof.body['links'] as readonly { name: string; state: string; since?: string }[];
    expect(proof.body['live']).toBe(false);
    expect(links.map((link) => [link.name, link.state])).toEqual([
      ['state commit', 'ok'], ['rendered commit', 'ok'], ['release signature', 'ok'], ['image digest', 'ok'], ['image signature', 'absent'], ['SBOM', 'absent'],
      ['JAR SHA-256', 'ok'], ['applied revision', 'ok'], ['ready pods', 'missing'],
    ]);
  });

  it('is in the audit as intended and done', async () => {
    const records = await listAudit(served.plane.stores.ledger, { chain: 'acme' });
    const deploys = records.filter((record) => record.action === 'app.promote').map((record) => record.phase);
    expect(deploys).toEqual(['intended', 'done', 'intended', 'failed']);
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

describe('a push past the API', () => {
  const clone = () => mkdtempSync(join(tmpdir(), 'cameleer-clone-'));
  const git = (folder: string, ...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=Op', '-c', 'user.email=op@acme.example', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  it('that breaks a tenant is said on every answer about it, and on no other', async () => {
    const folder = clone();
    execFileSync('git', ['clone', '-q', served.plane.stores.stateRepository, folder], { stdio: 'ignore' });
    writeFileSync(join(folder, 'tenants/gl/globex/settings.yaml'), 'a: [\n');
    git(folder, 'commit', '-qam', 'Break globex');
    git(folder, 'push', '-q', 'origin', 'HEAD:main');
    await expect.poll(async () => (await served.ask('GET', '/api/v1/tenants/globex')).body['quarantined'], { timeout: 15_000 }).toBe(true);
    const read = await served.ask('GET', '/api/v1/tenants/globex/settings');
    expect(read.headers.get('cameleer-quarantined')).toMatch(/^[0-9a-f]{40}$/);
    expect(read.body['notices']).toEqual(expect.arrayContaining([expect.objectContaining({ code: 'quarantined' })]));
    const refused = await served.ask('PUT', '/api/v1/tenants/globex/teams/late', { json: { apiVersion: 'cameleer.io/v1', kind: 'Team', metadata: { name: 'late' }, spec: { displayName: 'Late' } } });
    expect([refused.status, refused.body.code]).toEqual([409, 'quarantined']);
    expect((await served.ask('GET', acme)).headers.get('cameleer-quarantined')).toBeNull();
    expect((await served.ask('POST', `${orders}/restarts`)).status).toBe(200);
    // What is read is in force; its ETag is that of the broken file, so that who has read it can end this.
    const { text } = await served.ask('GET', '/api/v1/tenants/globex/settings', { headers: { Accept: 'application/yaml' } });
    const mended = await served.ask('PUT', '/api/v1/tenants/globex/settings', { body: text, headers: { 'Content-Type': 'application/yaml', 'If-Match': read.headers.get('etag') ?? '' } });
    expect(mended.status).toBe(200);
    expect((await served.ask('GET', '/api/v1/tenants/globex')).body['quarantined']).toBe(false);
    rmSync(folder, { recursive: true, force: true });
  });

  it('that breaks the platform is said to operators with its place, to tenants in a sentence, until it is mended', async () => {
    const folder = clone();
    execFileSync('git', ['clone', '-q', served.plane.stores.stateRepository, folder], { stdio: 'ignore' });
    const file = join(folder, 'platform.yaml');
    const good = readFileSync(file, 'utf8');
    writeFileSync(file, 'a: [\n');
    git(folder, 'commit', '-qam', 'Break the platform');
    git(folder, 'push', '-q', 'origin', 'HEAD:main');
    const said = async (path: string, token = served.operator) => {
      const { notices } = (await served.ask('GET', path, { token })).body as { notices: readonly { code: string; message: string }[] };
      return notices.find((notice) => notice.code === 'platform_quarantined')?.message ?? '';
    };
    await expect.poll(() => said('/api/v1/platform'), { timeout: 15_000 }).toMatch(/platform\.yaml:\d+:\d+: /);
    for (const path of ['/api/v1/cells', '/api/v1/cells/local', '/api/v1/tenants', acme, `${orders}/status`, `${orders}/proof`, `${acme}/settings`]) expect(await said(path)).toContain('platform.yaml:');
    for (const path of ['/api/v1/tenants', acme, `${orders}/status`]) {
      const told = await said(path, viewer);
      expect(told).not.toBe('');
      expect(told).not.toContain('platform.yaml');
    }
    writeFileSync(file, good);
    git(folder, 'commit', '-qam', 'Mend the platform');
    git(folder, 'push', '-q', 'origin', 'HEAD:main');
    await expect.poll(() => said('/api/v1/platform'), { timeout: 15_000 }).toBe('');
    expect(await said(acme)).toBe('');
    rmSync(folder, { recursive: true, force: true });
  });

  it('that reverts a deployment rolls it back and holds it', async () => {
    const before = await served.ask('GET', orders);
    const release = (before.body['object'] as { spec: { release: string } }).spec.release;
    const other = release === 'v1' ? 'v2' : 'v1';
    const deployed = await served.ask('POST', `${orders}/deployments`, { json: { release: other } });
    expect(deployed.status).toBe(200);
    const folder = clone();
    execFileSync('git', ['clone', '-q', served.plane.stores.stateRepository, folder], { stdio: 'ignore' });
    git(folder, 'revert', '--no-edit', String(deployed.body['commit']));
    git(folder, 'push', '-q', 'origin', 'HEAD:main');
    await expect.poll(async () => (await served.ask('GET', `${acme}/environments/dev/holds/orders`)).status, { timeout: 15_000 }).toBe(200);
    expect((await served.ask('GET', orders)).body).toMatchObject({ object: { spec: { release } } });
    rmSync(folder, { recursive: true, force: true });
  });
});

describe('a server', () => {
  it('that has its port and nothing to serve yet says that it is starting', async () => {
    const early = createApiServer();
    const { url } = await early.bind({ host: '127.0.0.1', port: 0 });
    const reply = await fetch(`${url}/readyz`);
    expect([reply.status, await reply.json()]).toEqual([503, expect.objectContaining({ code: 'starting' })]);
    early.serve({ stores: served.plane.stores, logger: pino({ level: 'silent' }) });
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    await early.close(0);
  });

  it('says when its port is taken', async () => {
    const port = Number(new URL(served.server.url).port);
    await expect(startServer({ stores: served.plane.stores, logger: pino({ level: 'silent' }), host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'port_in_use' });
  });

  it('ends its event streams when it closes', async () => {
    const second = await startServer({ stores: served.plane.stores, logger: pino({ level: 'silent' }), host: '127.0.0.1', port: 0 });
    const stream = await fetch(`${second.url}${orders}/events`, { headers: { Authorization: `Bearer ${served.operator}` } });
    const began = Date.now();
    await Promise.all([second.close(10_000), stream.text()]);
    expect(Date.now() - began).toBeLessThan(5_000);
  });
});

describe('streams', () => {
  it('tell the status now and after each change, and end with the client', async () => {
    const abort = new AbortController();
    const response = await fetch(`${served.server.url}${orders}/events`, { headers: { Authorization: `Bearer ${viewer}` }, signal: abort.signal });
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toContain('event: status');
    const current = await served.ask('GET', orders);
    await served.ask('PATCH', orders, { json: { spec: { replicas: 2 } }, headers: { 'If-Match': current.headers.get('etag') ?? '' } });
    let text = '';
    while (!text.includes('"replicas":2')) text += (await reader.read()).value ?? '';
    abort.abort();
  });

  it('end when their reader may read no longer', async () => {
    const token = await served.person('usr_leaving000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
    const { stores } = served.plane;
    const app = createApp({ stores, routes, logger: pino({ level: 'silent' }), startedAt: new Date(), closing: new AbortController().signal, heartbeatMilliseconds: 20 });
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}${orders}/events`, { headers: { Authorization: `Bearer ${token}` } });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    await reader.read();
    expect((await reader.read()).value).toContain(': still here');
    await deny(stores.ledger, { kind: 'person', id: 'usr_leaving000000001', reason: 'left', by: 'usr_viewer0000000001' });
    while (!(await reader.read()).done);
    server.close();
  });

  it('have no body for HEAD, and end at once', async () => {
    expect((await served.ask('HEAD', `${orders}/logs?follow=true`)).text).toBe('');
  });

  it('give the logs and say when nothing more comes', async () => {
    const reply = await served.ask('GET', `${orders}/logs?tail=10`);
    expect(reply.text.trimEnd().endsWith('event: end\ndata: {}')).toBe(true);
    expect((await served.ask('GET', `${acme}/environments/dev/apps/nothing/logs`)).status).toBe(404);
  });
});

it('a request that can not be read gets its answer also on a connection that has had others', async () => {
  const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => { received += chunk.toString(); });
  const closed = once(socket, 'close');
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  await vi.waitFor(() => expect(received).toContain('200 OK'));
  // Past the answer's own end.
  await setTimeout(50);
  socket.write(Buffer.from('GET /api/v1/tenants/\u00e9 HTTP/1.1\r\nHost: x\r\n\r\n', 'latin1'));
  await closed;
  expect(received).toMatch(/HTTP\/1\.1 200 OK[^]*HTTP\/1\.1 400 [^]*"code":"invalid_request"/);
});

function raw(request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => { text += chunk.toString(); });
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
    socket.write(request);
  });
}
