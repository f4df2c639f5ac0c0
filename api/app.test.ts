import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Stores } from '../workflows/index.ts';
import { createApp } from './app.ts';
import type { Route } from './http/route.ts';

const route: Route = {
  method: 'get', path: '/broken', operation: 'broken', summary: 'Throws.', access: 'public', responses: {},
  handle: () => {
    throw new Error('the password is hunter2');
  },
};
const named: Route = { ...route, path: '/named/{name}', operation: 'named' };
const lines: string[] = [];
const logger = pino({}, new Writable({ write: (chunk, _encoding, done) => { lines.push(String(chunk)); done(); } }));
const server = createServer(createApp({ stores: { random: (bytes: number) => new Uint8Array(bytes) } as Stores, routes: [route, named], logger, startedAt: new Date(0), closing: new AbortController().signal }));
let url: string;

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => { server.close(); });

it('an unknown error answers its request id and nothing of itself, which the log has', async () => {
  const response = await fetch(`${url}/broken`, { headers: { Authorization: 'Bearer cml_secret' } });
  const text = await response.text();
  expect([response.status, response.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
  expect(JSON.parse(text)).toMatchObject({ code: 'internal', requestId: response.headers.get('request-id') });
  expect(text).not.toContain('hunter2');
  expect(lines.join('')).toContain('hunter2');
  expect(lines.join('')).not.toContain('cml_secret');
});

it.each(['%', '%ff', '%zz', 'a%2'])('an address that is not UTF-8 is refused: %s', async (name) => {
  const response = await fetch(`${url}/named/${name}`);
  expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_request' }]);
});
