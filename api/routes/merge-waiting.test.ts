import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { deny, findChangeRequest } from '../../ledger/index.ts';
import { serve, type Reply, type Served } from '../testing/serve.ts';
import { upload } from '../testing/upload.ts';

const hour = 60 * 60 * 1000;
const initech = '/api/v1/tenants/initech';
const environment = `${initech}/environments/staging`;
const directory = mkdtempSync(join(tmpdir(), 'cameleer-waiting-'));

let ahead = 0;
let served: Served;
let operator: string;
let developer: string;

const now = () => new Date(Date.now() + ahead);

beforeAll(async () => {
  served = await serve({ directory, now });
  for (const version of ['4.18.0', '4.17.0']) {
    expect((await upload(served, 'initech/claims', version)).status).toBe(201);
  }
  ({ operator } = served);
  for (const [place, release] of [['dev', 'v1'], ['staging', 'v1'], ['dev', 'v2']] as const) expect((await deploy(place, release, operator)).status).toBe(200);
  developer = await served.person('usr_developer0000001', 'initech', [{ role: 'developer', environments: ['*'] }]);
}, 60_000);
afterAll(async () => {
  await served.close();
  rmSync(directory, { recursive: true, force: true });
});

const deploy = (place: string, release: string, token: string, query = '') => served.ask('POST', `${initech}/environments/${place}/apps/claims/deployments${query}`, { token, json: { release } });

async function freeze(windows: readonly object[] | null): Promise<void> {
  const { headers } = await served.ask('GET', environment, { token: operator });
  expect((await served.ask('PATCH', environment, { token: operator, json: { spec: { freezes: windows } }, headers: { 'If-Match': headers.get('etag') ?? '' } })).status).toBe(200);
}

const seconds = (time: number) => new Date(time).toISOString().replace(/\.\d+/, '');
const forAnHour = () => ({ from: seconds(now().getTime() - 1000), until: seconds(now().getTime() + hour), reason: 'Migration.' });
const numberOf = ({ body }: Reply) => (body as { request: { number: number } }).request.number;
const status = async (number: number) => (await findChangeRequest(served.plane.stores.ledger, number))?.status;
const release = async () => (await served.plane.stores.engine.get({ kind: 'AppDeployment', tenant: 'initech', environment: 'staging', name: 'claims' } as const))?.object.spec.release;

it('merges what was to merge by itself when a freeze ends, and not before', async () => {
  await freeze([forAnHour()]);
  const wanted = numberOf(await deploy('staging', 'v2', developer, '?request=true&autoMerge=true'));
  const patient = numberOf(await deploy('staging', 'v2', operator, '?request=true'));
  await served.plane.settled();
  expect(await status(wanted)).toBe('open');
  ahead += hour;
  await served.plane.settled();
  expect([await status(wanted), await status(patient), await release()]).toEqual(['merged', 'open', 'v2']);
  expect(await findChangeRequest(served.plane.stores.ledger, wanted)).toMatchObject({ settledBy: 'usr_developer0000001' });
});

it('merges it at the next start when the freeze ended meanwhile, and nothing for somebody who is denied', async () => {
  expect((await deploy('dev', 'v1', operator)).status).toBe(200);
  await freeze([forAnHour()]);
  const leaver = await served.person('usr_leaver0000000001', 'initech', [{ role: 'developer', environments: ['*'] }]);
  const wanted = numberOf(await deploy('staging', 'v1', developer, '?request=true&autoMerge=true'));
  const left = numberOf(await deploy('staging', 'v1', leaver, '?request=true&autoMerge=true'));
  await deny(served.plane.stores.ledger, { kind: 'person', id: 'usr_leaver0000000001', reason: 'Left', by: 'platform' });
  await served.plane.settled();
  expect(await status(wanted)).toBe('open');
  await served.close();
  ahead += hour;
  served = await serve({ directory, now });
  await served.plane.settled();
  expect([await status(wanted), await status(left), await release()]).toEqual(['merged', 'open', 'v1']);
});

it('merges it when others clear the way', async () => {
  expect((await deploy('dev', 'v2', operator)).status).toBe(200);
  await freeze([forAnHour()]);
  const wanted = numberOf(await deploy('staging', 'v2', developer, '?request=true&autoMerge=true'));
  await served.plane.settled();
  expect(await status(wanted)).toBe('open');
  await freeze(null);
  await served.plane.settled();
  expect([await status(wanted), await release()]).toEqual(['merged', 'v2']);
});
