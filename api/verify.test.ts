import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { allowedSigners, verifyRepository } from '../engine/index.ts';
import { refusalUnder } from '../workflows/requests/policy.ts';
import { serve, type Served } from './testing/serve.ts';

const initech = '/api/v1/tenants/initech';

let served: Served;
beforeAll(async () => { served = await serve(); }, 60_000);
afterAll(() => served.close());

test('what change requests, approvals and merges leave in the repository verifies offline, with the keys of the data directory', async () => {
  const everywhere = (role: string) => [{ role, environments: ['*'] }];
  const dan = await served.person('usr_dan0000000000001', 'initech', everywhere('admin'));
  const ann = await served.person('usr_ann0000000000001', 'initech', everywhere('admin'));
  const bob = await served.person('usr_bob0000000000001', 'initech', everywhere('owner'));
  const prod = await served.ask('GET', `${initech}/environments/prod`, { token: dan });
  const patch = { spec: { approval: { required: true, approvers: { roles: ['owner'], count: 1 } } } };
  const asked = await served.ask('PATCH', `${initech}/environments/prod`, { token: dan, json: patch, headers: { 'If-Match': prod.headers.get('etag') ?? '' } });
  expect(asked.status).toBe(202);
  const one = asked.headers.get('location') ?? '';
  for (const token of [ann, bob]) {
    const { plan } = (await served.ask('GET', one, { token })).body as unknown as { plan: { hash: string } };
    expect((await served.ask('POST', `${one}/approvals`, { token, json: { planHash: plan.hash } })).status).toBeLessThan(300);
  }
  expect((await served.ask('POST', `${one}/merge`, { token: dan, json: {} })).status).toBeLessThan(300);
  const { stateRepository } = served.plane.stores;
  const found = await verifyRepository({ directory: stateRepository, keys: allowedSigners(readFileSync(join(stateRepository, '..', 'keys', 'allowed-signers'), 'utf8')), refusalUnder });
  expect(found.findings).toEqual([]);
  expect(found).toMatchObject({ ok: true, counts: { approved: 1 }, pushed: [] });
}, 60_000);
