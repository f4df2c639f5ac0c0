import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { serve, type Served } from './testing/serve.ts';

const { threads } = vi.hoisted(() => ({ threads: [] as Worker[] }));
vi.mock(import('node:worker_threads'), async (original) => (await import('../ledger/testing/ledger-threads.ts')).ledgerThreads(original, threads));

let served: Served;

beforeAll(async () => {
  served = await serve();
}, 60_000);

afterAll(() => served.close());

it('a ledger that ends is said by every answer that needs it, and by readiness, until it runs again; nothing is half done', async () => {
  const head = served.plane.stores.engine.head().commit;
  const write = async () => served.ask('PUT', '/api/v1/tenants/acme/serviceaccounts/robot', { json: { apiVersion: 'cameleer.io/v1', kind: 'ServiceAccount', metadata: { name: 'robot' }, spec: { description: 'A program.', bindings: [{ role: 'viewer', environments: ['*'] }] } } });
  await threads.at(-1)?.terminate();
  for (const answer of await Promise.all([write(), served.ask('GET', '/readyz'), served.ask('GET', '/api/v1/tenants/acme')])) {
    expect([answer.status, answer.body.code, answer.headers.get('retry-after')]).toEqual([503, 'ledger_unavailable', '5']);
  }
  expect((await served.ask('GET', '/livez')).status).toBe(200);
  expect(served.plane.stores.engine.head().commit).toBe(head);
  await expect.poll(async () => (await served.ask('GET', '/readyz')).status, { timeout: 15_000 }).toBe(200);
  expect((await write()).status).toBe(201);
});
