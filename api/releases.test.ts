import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deny, listAudit } from '../ledger/index.ts';
import { createApp } from './app.ts';
import { routes } from './routes/index.ts';
import { startServer } from './server.ts';
import { serve, type Served } from './testing/serve.ts';
import { upload } from './testing/upload.ts';

const acme = '/api/v1/tenants/acme';
const orders = `${acme}/environments/dev/apps/orders`;

let served: Served;
let developer: string;
let viewer: string;

beforeAll(async () => {
  served = await serve();
  developer = await served.person('usr_developer0000001', 'acme', [{ role: 'developer', environments: ['dev'] }]);
  viewer = await served.person('usr_viewer0000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
  expect((await upload(served, 'acme/orders', '4.18.0')).status).toBe(201);
}, 60_000);

afterAll(() => served.close());

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

    const second = await upload(served, 'acme/orders', '4.18.1');
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

  it('end when the server closes', async () => {
    const second = await startServer({ stores: served.plane.stores, logger: pino({ level: 'silent' }), host: '127.0.0.1', port: 0 });
    const stream = await fetch(`${second.url}${orders}/events`, { headers: { Authorization: `Bearer ${served.operator}` } });
    // It does not wait for the end of the grace.
    await Promise.all([second.close(10 * 60_000), stream.text()]);
  });
});
