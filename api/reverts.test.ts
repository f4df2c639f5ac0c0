import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { EngineError } from '../engine/index.ts';
import { createEnvironmentKey, decryptSecret, encryptSecret, open } from '../secrets/index.ts';
import { holdReverts } from '../workflows/holds/hold-reverts.ts';
import { serve, type Reply, type Served } from './testing/serve.ts';
import { upload } from './testing/upload.ts';

const acme = '/api/v1/tenants/acme';
const dev = `${acme}/environments/dev`;
const orders = `${dev}/apps/orders`;
const billing = `${dev}/apps/billing`;
const folderOf = 'tenants/ac/acme/environments/dev';

let served: Served;

beforeAll(async () => {
  served = await serve();
  for (const application of ['orders', 'billing']) {
    for (const version of ['4.18.0', '4.18.1', ...(application === 'orders' ? ['4.18.2'] : [])]) {
      const uploaded = await upload(served, `acme/${application}`, version);
      expect(uploaded.status).toBe(201);
    }
  }
}, 60_000);
afterAll(() => served.close());

async function deploy(release: string, app = orders): Promise<Reply> {
  const reply = await served.ask('POST', `${app}/deployments`, { json: { release } });
  expect([reply.status, reply.body['detail']]).toEqual([200, undefined]);
  return reply;
}

function revert(json: object, query = ''): Promise<Reply> {
  return served.ask('POST', `${acme}/reverts${query}`, { json });
}

async function releaseOf(app = orders): Promise<string> {
  return ((await served.ask('GET', app)).body['object'] as { spec: { release: string } }).spec.release;
}

async function held(app = orders): Promise<boolean> {
  return (await served.ask('GET', app.replace('/apps/', '/holds/'))).status === 200;
}

async function resume(app = orders): Promise<void> {
  const path = app.replace('/apps/', '/holds/');
  const hold = await served.ask('GET', path);
  if (hold.status === 200) expect((await served.ask('DELETE', path, { headers: { 'If-Match': hold.headers.get('etag') ?? '' } })).status).toBe(200);
}

/** What was pushed is in force, and what follows a push has been done. */
async function followed(commit: string): Promise<void> {
  await expect.poll(async () => (await served.plane.stores.engine.history({ limit: 20 })).some((entry) => entry.commit === commit), { timeout: 15_000 }).toBe(true);
  await served.plane.settled();
}

beforeEach(async () => {
  await resume(orders);
  await resume(billing);
  await deploy('v1');
  await deploy('v1', billing);
});

describe('a revert', () => {
  it('of a scope as of a time shows its plan first, is one commit, and holds what it rolled back', async () => {
    const { engine } = served.plane.stores;
    const before = (await engine.commit(engine.head().commit))?.time ?? '';
    await expect.poll(() => new Date().toISOString() > before.replace('Z', '.999Z'), { timeout: 3000 }).toBe(true);
    await deploy('v2');
    await served.ask('POST', `${billing}/deployments`, { json: { release: 'v1', env: { LATER: 'x' } } });
    const head = engine.head().commit;
    const body = { asOf: before, environment: 'dev' };
    const planned = await revert(body, '?dryRun=true');
    expect(planned.body).toMatchObject({ leftAlone: [], plan: { blastRadius: { tenants: ['acme'] } } });
    expect(engine.head().commit).toBe(head);
    const done = await revert(body);
    expect((done.body['plan'] as { hash: string }).hash).toBe((planned.body['plan'] as { hash: string }).hash);
    expect([await releaseOf(), await held(), await held(billing)]).toEqual(['v1', true, false]);
    expect((await served.ask('GET', billing)).body).not.toMatchObject({ object: { spec: { env: { LATER: 'x' } } } });
    expect((await revert({ asOf: '2020-01-01T00:00:00Z' })).body.code).toBe('not_found');
    for (const nowhere of [{ environment: 'nowhere' }, { environment: 'dev', application: 'nothing' }]) expect((await revert({ asOf: before, ...nowhere })).body.code).toBe('not_found');
    expect((await revert({ asOf: 'yesterday' })).status).toBe(400);
    expect((await revert({ commit: head, asOf: before })).status).toBe(400);
  });

  it('of a range is one commit, and a conflict shows each field, to be decided', async () => {
    const base = served.plane.stores.engine.head().commit;
    await served.ask('POST', `${orders}/deployments`, { json: { release: 'v1', env: { A: '1', B: '1' } } });
    const last = await served.ask('POST', `${orders}/deployments`, { json: { release: 'v1', replicas: 2 } });
    const range = { base, head: last.body['commit'] };
    await served.ask('POST', `${orders}/deployments`, { json: { release: 'v1', env: { A: '2' } } });
    const refused = await revert({ range });
    expect([refused.status, refused.body.code]).toEqual([409, 'revert_conflict']);
    expect(refused.body['conflicts']).toMatchObject([{ path: `${folderOf}/apps/orders.yaml`, fields: [{ pointer: '/spec/env/A', base: '1', theirs: '2' }] }]);
    const done = await revert({ range, take: { [`${folderOf}/apps/orders.yaml#/spec/env/A`]: 'keep' } });
    expect(done.status).toBe(200);
    expect((await served.ask('GET', orders)).body).toMatchObject({ object: { spec: { env: { A: '2' } } } });
    expect((await served.ask('GET', orders)).body).not.toMatchObject({ object: { spec: { env: { B: '1' } } } });
  });

  it('leaves members alone unless they are named, and needs the right to change them', async () => {
    const developer = await served.person('usr_reverter00000001', 'acme', [{ role: 'developer', environments: ['dev'] }]);
    const made = await served.plane.stores.engine.history({ tenant: 'acme', limit: 1 });
    const commit = made[0]?.commit ?? '';
    const refused = await revert({ commit });
    expect([refused.body.code, refused.body['detail']]).toEqual(['nothing_to_revert', expect.stringContaining('members')]);
    expect((await served.ask('POST', `${acme}/reverts`, { token: developer, json: { commit, include: ['members'] } })).body.code).toBe('not_authorised');
    expect((await revert({ commit, include: ['members'] })).status).toBe(200);
    expect((await served.ask('GET', `${acme}/members/usr_reverter00000001`)).status).toBe(404);
  });

  it('of everything is for operators', async () => {
    const { body } = await deploy('v2');
    const developer = await served.person('usr_reverter00000002', 'acme', [{ role: 'developer', environments: ['*'] }]);
    expect((await served.ask('POST', '/api/v1/reverts', { token: developer, json: { commit: body['commit'] } })).status).toBe(403);
    expect((await served.ask('POST', '/api/v1/reverts', { json: { commit: body['commit'] } })).status).toBe(200);
    expect([await releaseOf(), await held()]).toEqual(['v1', true]);
  });
});

describe('a hold', () => {
  it('stands at every door, with the way out, and is shown wherever the deployment is', async () => {
    const { body } = await deploy('v2');
    await revert({ commit: body['commit'] });
    const file = `apiVersion: cameleer.io/v1\nkind: AppDeployment\nmetadata:\n  name: orders\nspec:\n  release: v2\n`;
    const read = await served.ask('GET', orders);
    const match = { 'If-Match': read.headers.get('etag') ?? '' };
    const doors = [
      await served.ask('POST', `${orders}/deployments`, { json: { release: 'v2' } }),
      await served.ask('PUT', orders, { body: file, headers: { ...match, 'Content-Type': 'application/yaml' } }),
      await served.ask('PATCH', orders, { json: { spec: { release: 'v2' } }, headers: match }),
      await revert({ commit: (await served.plane.stores.engine.history({ tenant: 'acme', application: 'orders', limit: 2 }))[1]?.commit }),
    ];
    for (const door of doors) expect([door.status, door.body.code, door.body['detail']]).toEqual([409, 'held', expect.stringContaining('cameleer resume acme/orders --env dev')]);
    const notice = [expect.objectContaining({ code: 'held', message: expect.stringContaining('usr_') as string })];
    for (const path of [orders, `${dev}/apps`, `${orders}/proof`, `${acme}/history?environment=dev&application=orders`]) expect((await served.ask('GET', path)).body['notices']).toEqual(expect.arrayContaining(notice));
    expect((await served.ask('GET', `${orders}/status`)).body).toMatchObject({ desired: { hold: { reason: expect.stringContaining('Rolled back by') as string } } });
    const summary = (await served.ask('GET', acme)).body['applications'] as readonly { name: string; deployments: readonly { environment: string; hold?: object }[] }[];
    expect(summary.find(({ name }) => name === 'orders')?.deployments.find(({ environment }) => environment === 'dev')).toHaveProperty('hold');
    const planned = await served.ask('PATCH', `${orders}?dryRun=true`, { json: { spec: { replicas: 2 } }, headers: match });
    expect((planned.body['plan'] as { risks: readonly { code: string }[] }).risks.map(({ code }) => code)).toContain('held');
    const environments = { from: 'dev' };
    await served.ask('POST', `${acme}/environments/prod/apps/orders/promotions`, { json: environments });
    await resume();
    const forward = await deploy('v2');
    const up = await served.ask('POST', `${acme}/environments/prod/apps/orders/promotions`, { json: environments });
    await served.ask('POST', `${acme}/reverts`, { json: { commit: up.body['commit'] } });
    expect(forward.status).toBe(200);
    expect(await served.ask('POST', `${acme}/environments/prod/apps/orders/promotions`, { json: environments })).toMatchObject({ status: 409, body: { code: 'held' } });
    await resume(`${acme}/environments/prod/apps/orders`);
  });
});

// `--no-local`: a clone that links the files of a repository misses those that its upkeep is packing.
describe('a push that takes back', () => {
  let clone: string;
  const git = (...args: readonly string[]) => execFileSync('git', ['-C', clone, '-c', 'user.name=Op', '-c', 'user.email=op@acme.example', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const fetchMain = () => { git('fetch', '-q', 'origin', 'main'); git('reset', '-q', '--hard', 'origin/main'); };
  const push = async () => { git('push', '-q', 'origin', 'HEAD:main'); await followed(git('rev-parse', 'HEAD')); };
  const setRelease = (application: string, release: string) => {
    const path = join(clone, folderOf, 'apps', `${application}.yaml`);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/release: \S+/, `release: ${release}`));
  };

  beforeEach(() => {
    clone = mkdtempSync(join(tmpdir(), 'cameleer-revert-'));
    execFileSync('git', ['clone', '-q', '--no-local', '-b', 'main', served.plane.stores.stateRepository, clone], { stdio: 'ignore' });
  });
  afterEach(() => rmSync(clone, { recursive: true, force: true }));

  it.each([
    ['as git writes it', (commit: string) => git('revert', '--no-edit', commit)],
    ['with another subject', (commit: string) => { git('revert', '--no-edit', commit); git('commit', '-q', '--amend', '-m', 'Back to what worked', '-m', `This reverts commit\n${commit}.`); }],
    ['with a subject that never ends', (commit: string) => { git('revert', '--no-edit', commit); git('commit', '-q', '--amend', '-m', `Back\u001B[2J ${'x'.repeat(3000)}`, '-m', `This reverts commit ${commit}.`); }],
    ['with a message that says nothing', (commit: string) => { git('revert', '--no-edit', commit); git('commit', '-q', '--amend', '-m', 'Mend orders'); }],
    ['by a merge', (commit: string) => { git('checkout', '-q', '-b', 'side'); git('revert', '--no-edit', commit); git('checkout', '-q', '-'); git('merge', '-q', '--no-ff', '-m', 'Merge pull request 5 from side', 'side'); }],
  ])('%s, is held', async (_how, make) => {
    const { body } = await deploy('v2');
    fetchMain();
    make(String(body['commit']));
    await push();
    expect([await releaseOf(), await held()]).toEqual(['v1', true]);
  });

  it.each([['op@acme.example', 'Op', 'operator'], ['usr_0p3rat0r00000002@users.noreply.cameleer.io', 'usr_0p3rat0r00000002', 'usr_0p3rat0r00000002']])('by %s, is held by nobody else', async (email, name, by) => {
    const { body } = await deploy('v2');
    fetchMain();
    git('-c', `user.name=${name}`, '-c', `user.email=${email}`, 'revert', '--no-edit', String(body['commit']));
    await push();
    const hold = (await served.ask('GET', `${dev}/holds/orders`)).body['object'] as { spec: { by: string } };
    fetchMain();
    expect([hold.spec.by, git('log', '-1', '--format=%an %(trailers:key=Cameleer-Actor,valueonly)')]).toEqual([by, `${by} ${by}`]);
  });

  it('while the index of the history is being made, is held as soon as it is there', async () => {
    const { engine } = served.plane.stores;
    const { body } = await deploy('v2');
    await served.plane.settled();
    fetchMain();
    git('revert', '--no-edit', String(body['commit']));
    const history = vi.spyOn(engine, 'history').mockRejectedValue(new EngineError('index_building', 'Not yet.', { retryAfterSeconds: 0.2 }));
    try {
      git('push', '-q', 'origin', 'HEAD:main');
      await expect.poll(() => history.mock.calls.length, { timeout: 15_000 }).toBeGreaterThan(1);
    } finally {
      history.mockRestore();
    }
    await expect.poll(() => held(), { timeout: 15_000 }).toBe(true);
  });

  it('several at once holds each, at what runs in the end', async () => {
    const commits = [(await deploy('v2')).body['commit'], (await deploy('v3')).body['commit'], (await deploy('v2', billing)).body['commit']].map(String);
    fetchMain();
    for (const commit of commits.toReversed()) git('revert', '--no-edit', commit);
    await push();
    expect([await releaseOf(), await held(), await releaseOf(billing), await held(billing)]).toEqual(['v1', true, 'v1', true]);
    const hold = (await served.ask('GET', `${dev}/holds/orders`)).body['object'] as { spec: { reason: string } };
    expect(hold.spec.reason).toContain('Rolled back by');
  });

  it('a rollback, goes forward and is not held', async () => {
    const { body } = await deploy('v2');
    fetchMain();
    git('revert', '--no-edit', String(body['commit']));
    const rollback = git('rev-parse', 'HEAD');
    await push();
    expect(await held()).toBe(true);
    await resume();
    fetchMain();
    git('revert', '--no-edit', rollback);
    await push();
    expect([await releaseOf(), await held()]).toEqual(['v2', false]);
  });

  it('and brings its own hold, is held until that is resumed, also after the next start', async () => {
    const { body } = await deploy('v2');
    fetchMain();
    git('revert', '--no-commit', String(body['commit']));
    mkdirSync(join(clone, folderOf, 'holds'), { recursive: true });
    writeFileSync(join(clone, folderOf, 'holds', 'orders.yaml'), 'apiVersion: cameleer.io/v1\nkind: Hold\nmetadata:\n  name: orders\nspec:\n  reason: By hand.\n  by: usr_operator00000001\n');
    git('add', '-A');
    git('commit', '-qm', 'Take orders back');
    await push();
    expect((await served.ask('GET', `${dev}/holds/orders`)).body).toMatchObject({ object: { spec: { reason: 'By hand.' } } });
    await resume();
    const again = holdReverts(served.plane.stores);
    await again.settled();
    await again.close();
    expect([await releaseOf(), await held()]).toEqual(['v1', false]);
  });

  it('only configuration, or goes forward, is not held', async () => {
    fetchMain();
    setRelease('orders', 'v2');
    git('commit', '-qam', 'Deploy orders v2 by hand');
    const { body } = await served.ask('POST', `${billing}/deployments`, { json: { release: 'v1', env: { X: '1' } } });
    git('pull', '-q', '--rebase', 'origin', 'main');
    git('revert', '--no-edit', String(body['commit']));
    await push();
    expect([await releaseOf(), await held(), await held(billing)]).toEqual(['v2', false, false]);
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
    const file = (name: string) => join(clone, folderOf, name);
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
    await followed(rotation);
    expect((await served.ask('GET', acme)).body['quarantined']).toBe(false);

    const reverted = await revert({ commit: second.body['commit'], take: 'revert' });
    expect([reverted.status, reverted.body['detail']]).toEqual([200, undefined]);
    const now = await engine.get({ kind: 'Secret', tenant: 'acme', environment: 'dev', name: 'rotated' });
    const key = await engine.get({ kind: 'EnvironmentKey', tenant: 'acme', environment: 'dev', name: 'dev' });
    const identity = (await open(key?.object.spec.sealed ?? '', [keys.keyEncryption.identity])).trim();
    expect(await decryptSecret(now?.text ?? '', [identity])).toEqual({ password: 'old' });
    // The rotation itself changed no value but that one since: taking it back leaves the others' bytes as they are.
    const alone = await revert({ commit: rotation, take: 'keep' }, '?dryRun=true');
    expect(alone.body).toMatchObject({ leftAlone: [{ path: `${folderOf}/key.yaml` }] });
    const lost = { ...served.plane.stores, keys: { ...keys, keyEncryption: breakGlass } };
    const { revert: revertWith } = await import('../workflows/index.ts');
    const caller = { subject: { kind: 'person', id: engine.platform().platform?.object.spec.operators[0] ?? '' }, door: 'api', requestId: 'req_lost_key' } as const;
    await expect(revertWith(lost, caller, { what: { commit: String(second.body['commit']) }, scope: { tenant: 'acme' }, take: 'revert' })).rejects.toMatchObject({ code: expect.stringMatching(/^key_rotated$/) as string });
  });
});
