import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiServer, startServer } from './server.ts';
import { raw } from './testing/raw.ts';
import { serve, type Served } from './testing/serve.ts';

const acme = '/api/v1/tenants/acme';
const orders = `${acme}/environments/dev/apps/orders`;

let served: Served;

beforeAll(async () => {
  served = await serve();
}, 60_000);

afterAll(() => served.close());

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
    expect(await raw(served.server.url, 'NONSENSE\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 [^]*"code":"invalid_request"/);
    expect(await raw(served.server.url, `GET / HTTP/1.1\r\nX: ${'a'.repeat(40_000)}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 431 [^]*"code":"headers_too_large"/);
  });

  it('are described by OpenAPI 3.1', async () => {
    const { body } = await served.ask('GET', '/api/openapi.json', { token: null });
    const paths = body['paths'] as Record<string, Record<string, { operationId: string }>>;
    const ids = Object.values(paths).flatMap((path) => Object.values(path).map((operation) => operation.operationId));
    expect(new Set(ids).size).toBe(ids.length);
    const schemas = (body['components'] as { schemas: Record<string, unknown> }).schemas;
    // What a key does not do is not promised: a repetition would make another person.
    const parameters = (path: string) => (paths[path]?.['post'] as { parameters?: readonly { name: string; description?: string }[] } | undefined)?.parameters ?? [];
    const keyOf = (path: string) => parameters(path).find(({ name }) => name === 'Idempotency-Key')?.description;
    expect([keyOf('/api/v1/people'), keyOf('/api/v1/reverts')]).toEqual([expect.stringContaining('Of no effect'), 'The same key gets the same answer.']);
    for (const [, name] of JSON.stringify(body).matchAll(/"#\/components\/schemas\/([^"/]+)/g)) expect(Object.keys(schemas)).toContain(name);
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
});

it('a request that can not be read gets its answer also on a connection that has had others', async () => {
  const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1');
  let received = '';
  socket.on('data', (chunk) => { received += chunk.toString(); });
  const closed = once(socket, 'close');
  socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  await expect.poll(() => received).toContain('200 OK');
  // Past the answer's own end.
  await setTimeout(50);
  socket.write(Buffer.from('GET /api/v1/tenants/\u00e9 HTTP/1.1\r\nHost: x\r\n\r\n', 'latin1'));
  await closed;
  expect(received).toMatch(/HTTP\/1\.1 200 OK[^]*HTTP\/1\.1 400 [^]*"code":"invalid_request"/);
});
