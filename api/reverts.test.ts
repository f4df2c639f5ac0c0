import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEnvironmentKey, decryptSecret, encryptSecret, open } from '../secrets/index.ts';
import { revert } from '../workflows/index.ts';
import { acme, billing, dev, folderOfDev, orders, serveReleases, type ServedReleases } from './testing/serve-releases.ts';

let served: ServedReleases;

beforeAll(async () => {
  served = await serveReleases();
}, 60_000);
afterAll(() => served.close());
beforeEach(() => served.begin());

describe('a revert', () => {
  it('of a scope as of a time shows its plan first, is one commit, and holds what it rolled back', async () => {
    const { engine } = served.plane.stores;
    const before = (await engine.commit(engine.head().commit))?.time ?? '';
    await expect.poll(() => new Date().toISOString() > before.replace('Z', '.999Z'), { timeout: 3000 }).toBe(true);
    await served.deploy('v2');
    await served.ask('POST', `${billing}/deployments`, { json: { release: 'v1', env: { LATER: 'x' } } });
    const head = engine.head().commit;
    const body = { asOf: before, environment: 'dev' };
    const planned = await served.revert(body, '?dryRun=true');
    expect(planned.body).toMatchObject({ leftAlone: [], plan: { blastRadius: { tenants: ['acme'] } } });
    expect(engine.head().commit).toBe(head);
    const done = await served.revert(body);
    expect((done.body['plan'] as { hash: string }).hash).toBe((planned.body['plan'] as { hash: string }).hash);
    expect([await served.releaseOf(), await served.held(), await served.held(billing)]).toEqual(['v1', true, false]);
    expect((await served.ask('GET', billing)).body).not.toMatchObject({ object: { spec: { env: { LATER: 'x' } } } });
    expect((await served.revert({ asOf: '2020-01-01T00:00:00Z' })).body.code).toBe('not_found');
    for (const nowhere of [{ environment: 'nowhere' }, { environment: 'dev', application: 'nothing' }]) expect((await served.revert({ asOf: before, ...nowhere })).body.code).toBe('not_found');
    expect((await served.revert({ asOf: 'yesterday' })).status).toBe(400);
    expect((await served.revert({ commit: head, asOf: before })).status).toBe(400);
  });

  it('of a range is one commit, and a conflict shows each field, to be decided', async () => {
    const base = served.plane.stores.engine.head().commit;
    await served.ask('POST', `${orders}/deployments`, { json: { release: 'v1', env: { A: '1', B: '1' } } });
    const last = await served.ask('POST', `${orders}/deployments`, { json: { release: 'v1', replicas: 2 } });
    const range = { base, head: last.body['commit'] };
    await served.ask('POST', `${orders}/deployments`, { json: { release: 'v1', env: { A: '2' } } });
    const refused = await served.revert({ range });
    expect([refused.status, refused.body.code]).toEqual([409, 'revert_conflict']);
    expect(refused.body['conflicts']).toMatchObject([{ path: `${folderOfDev}/apps/orders.yaml`, fields: [{ pointer: '/spec/env/A', base: '1', theirs: '2' }] }]);
    const done = await served.revert({ range, take: { [`${folderOfDev}/apps/orders.yaml#/spec/env/A`]: 'keep' } });
    expect(done.status).toBe(200);
    expect((await served.ask('GET', orders)).body).toMatchObject({ object: { spec: { env: { A: '2' } } } });
    expect((await served.ask('GET', orders)).body).not.toMatchObject({ object: { spec: { env: { B: '1' } } } });
  });

  it('leaves members alone unless they are named, and needs the right to change them', async () => {
    const developer = await served.person('usr_reverter00000001', 'acme', [{ role: 'developer', environments: ['dev'] }]);
    const made = await served.plane.stores.engine.history({ tenant: 'acme', limit: 1 });
    const commit = made[0]?.commit ?? '';
    const refused = await served.revert({ commit });
    expect([refused.body.code, refused.body['detail']]).toEqual(['nothing_to_revert', expect.stringContaining('members')]);
    expect((await served.ask('POST', `${acme}/reverts`, { token: developer, json: { commit, include: ['members'] } })).body.code).toBe('not_authorised');
    expect((await served.revert({ commit, include: ['members'] })).status).toBe(200);
    expect((await served.ask('GET', `${acme}/members/usr_reverter00000001`)).status).toBe(404);
  });

  it('of everything is for operators', async () => {
    const { body } = await served.deploy('v2');
    const developer = await served.person('usr_reverter00000002', 'acme', [{ role: 'developer', environments: ['*'] }]);
    expect((await served.ask('POST', '/api/v1/reverts', { token: developer, json: { commit: body['commit'] } })).status).toBe(403);
    expect((await served.ask('POST', '/api/v1/reverts', { json: { commit: body['commit'] } })).status).toBe(200);
    expect([await served.releaseOf(), await served.held()]).toEqual(['v1', true]);
  });
});

describe('a hold', () => {
  it('stands at every door, with the way out, and is shown wherever the deployment is', async () => {
    const { body } = await served.deploy('v2');
    await served.revert({ commit: body['commit'] });
    const file = `apiVersion: cameleer.io/v1\nkind: AppDeployment\nmetadata:\n  name: orders\nspec:\n  release: v2\n`;
    const read = await served.ask('GET', orders);
    const match = { 'If-Match': read.headers.get('etag') ?? '' };
    const doors = [
      await served.ask('POST', `${orders}/deployments`, { json: { release: 'v2' } }),
      await served.ask('PUT', orders, { body: file, headers: { ...match, 'Content-Type': 'application/yaml' } }),
      await served.ask('PATCH', orders, { json: { spec: { release: 'v2' } }, headers: match }),
      await served.revert({ commit: (await served.plane.stores.engine.history({ tenant: 'acme', application: 'orders', limit: 2 }))[1]?.commit }),
    ];
    for (const door of doors) expect([door.status, door.body.code, door.body['detail']]).toEqual([409, 'held', expect.stringContaining('cameleer resume acme/orders --env dev')]);
    const notice = [expect.objectContaining({ code: 'held', message: expect.stringContaining('usr_') as string })];
    for (const path of [orders, `${dev}/apps`, `${orders}/proof`, `${acme}/history?environment=dev&application=orders`]) expect((await served.ask('GET', path)).body['notices']).toEqual(expect.arrayContaining(notice));
    expect((await served.ask('GET', `${orders}/status`)).body).toMatchObject({ desired: { hold: { reason: expect.stringContaining('Rolled back by') as string } } });
    const summary = (await served.ask('GET', acme)).body['applications'] as readonly { name: string; deployments: readonly { environment: string; hold?: object }[] }[];
    expect(summary.find(({ name }) => name === 'orders')?.deployments.find(({ environment }) => environment === 'dev')).toHaveProperty('hold');
    const planned = await served.ask('PATCH', `${orders}?dryRun=true`, { json: { spec: { replicas: 2 } }, headers: match });
    expect((planned.body['plan'] as { risks: readonly { code: string }[] }).risks.map(({ code }) => code)).toContain('held');
    const waits = await served.ask('POST', `${orders}/deployments?request=true`, { json: { release: 'v2' } });
    expect([waits.status, (waits.body['request'] as { checks: readonly { name: string; state: string }[] }).checks.find(({ state }) => state === 'failed')?.name]).toEqual([202, 'valid']);
    const environments = { from: 'dev' };
    await served.ask('POST', `${acme}/environments/prod/apps/orders/promotions`, { json: environments });
    await served.resume();
    const forward = await served.deploy('v2');
    const up = await served.ask('POST', `${acme}/environments/prod/apps/orders/promotions`, { json: environments });
    await served.ask('POST', `${acme}/reverts`, { json: { commit: up.body['commit'] } });
    expect(forward.status).toBe(200);
    expect(await served.ask('POST', `${acme}/environments/prod/apps/orders/promotions`, { json: environments })).toMatchObject({ status: 409, body: { code: 'held' } });
    await served.resume(`${acme}/environments/prod/apps/orders`);
  });
});

describe('a revert across a change of the key', () => {
  it('encrypts the old value to the new key, and refuses when the old key can not be opened', async () => {
    const { keys, stateRepository, engine } = served.plane.stores;
    const path = `${dev}/secrets/rotated`;
    const first = await served.ask('PUT', path, { json: { stringData: { password: 'old' } } });
    expect(first.status).toBe(201);
    const second = await served.ask('PUT', path, { json: { stringData: { password: 'new' } }, headers: { 'If-Match': `"${String((first.body['objects'] as readonly { etag: string }[])[0]?.etag)}"` } });
    const clone = mkdtempSync(join(tmpdir(), 'cameleer-rotate-'));
    execFileSync('git', ['clone', '-q', '--no-local', '-b', 'main', stateRepository, clone], { stdio: 'ignore' });
    const file = (name: string) => join(clone, folderOfDev, name);
    const breakGlass = await keys.breakGlass('acme');
    const recipient = engine.platform().cells.get('local')?.object.spec.recipient ?? '';
    const fresh = await createEnvironmentKey({ tenant: 'acme', environment: 'dev', cell: 'local', cellRecipient: recipient, breakGlassRecipient: breakGlass.recipient, keyEncryptionRecipient: keys.keyEncryption.recipient, now: new Date() });
    const [newRecipient = ''] = /age1\w+/.exec(/environment: (age1\w+)/.exec(fresh.text)?.[0] ?? '') ?? [];
    writeFileSync(file('key.yaml'), fresh.text);
    for (const secret of (await engine.tenant('acme'))?.environments.get('dev')?.secrets.values() ?? []) {
      const stringData = await decryptSecret(secret.text, [breakGlass.identity]);
      writeFileSync(join(clone, secret.path), await encryptSecret({ name: secret.ref.name, namespace: 't-acme--dev', stringData, recipients: [newRecipient, breakGlass.recipient], now: new Date() }));
    }
    const git = (...args: readonly string[]) => execFileSync('git', ['-C', clone, '-c', 'user.name=Op', '-c', 'user.email=op@acme.example', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    git('commit', '-qam', 'Rotate the key of dev');
    git('push', '-q', 'origin', 'HEAD:main');
    const rotation = git('rev-parse', 'HEAD');
    rmSync(clone, { recursive: true, force: true });
    await served.followed(rotation);
    expect((await served.ask('GET', acme)).body['quarantined']).toBe(false);

    const reverted = await served.revert({ commit: second.body['commit'], take: 'revert' });
    expect([reverted.status, reverted.body['detail']]).toEqual([200, undefined]);
    const now = await engine.get({ kind: 'Secret', tenant: 'acme', environment: 'dev', name: 'rotated' });
    const key = await engine.get({ kind: 'EnvironmentKey', tenant: 'acme', environment: 'dev', name: 'dev' });
    const identity = (await open(key?.object.spec.sealed ?? '', [keys.keyEncryption.identity])).trim();
    expect(await decryptSecret(now?.text ?? '', [identity])).toEqual({ password: 'old' });
    // The rotation itself changed no value but that one since: taking it back leaves the others' bytes as they are.
    const alone = await served.revert({ commit: rotation, take: 'keep' }, '?dryRun=true');
    expect(alone.body).toMatchObject({ leftAlone: [{ path: `${folderOfDev}/key.yaml` }] });
    const lost = { ...served.plane.stores, keys: { ...keys, keyEncryption: breakGlass } };
    const caller = { subject: { kind: 'person', id: engine.platform().platform?.object.spec.operators[0] ?? '' }, door: 'api', requestId: 'req_lost_key' } as const;
    await expect(revert(lost, caller, { what: { commit: String(second.body['commit']) }, scope: { tenant: 'acme' }, take: 'revert' })).rejects.toMatchObject({ code: 'key_rotated' });
  });
});
