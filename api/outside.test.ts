import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { serve, type Served } from './testing/serve.ts';
import { upload } from './testing/upload.ts';

const acme = '/api/v1/tenants/acme';
const orders = `${acme}/environments/dev/apps/orders`;

let served: Served;
let viewer: string;

beforeAll(async () => {
  served = await serve();
  viewer = await served.person('usr_viewer0000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
  expect((await upload(served, 'acme/orders', '4.18.0')).status).toBe(201);
  expect((await upload(served, 'acme/orders', '4.18.1')).status).toBe(201);
  expect((await served.ask('POST', `${orders}/deployments`, { json: { release: 'v2' } })).status).toBe(200);
}, 60_000);

afterAll(() => served.close());

describe('a push past the API', () => {
  const git = (folder: string, ...args: readonly string[]) =>
    execFileSync('git', ['-C', folder, '-c', 'user.name=Op', '-c', 'user.email=op@acme.example', ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });

  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cameleer-clone-'));
    execFileSync('git', ['clone', '-q', '--no-local', served.plane.stores.stateRepository, folder], { stdio: 'ignore' });
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('that breaks a tenant is said on every answer about it, and on no other', async () => {
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
  });

  it('that breaks the platform is said to operators with its place, to tenants in a sentence, until it is mended', async () => {
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
  });

  it('that reverts a deployment rolls it back and holds it', async () => {
    const before = await served.ask('GET', orders);
    const release = (before.body['object'] as { spec: { release: string } }).spec.release;
    const other = release === 'v1' ? 'v2' : 'v1';
    const deployed = await served.ask('POST', `${orders}/deployments`, { json: { release: other } });
    expect(deployed.status).toBe(200);
    git(folder, 'pull', '-q', '--ff-only', 'origin', 'main');
    git(folder, 'revert', '--no-edit', String(deployed.body['commit']));
    git(folder, 'push', '-q', 'origin', 'HEAD:main');
    await expect.poll(async () => (await served.ask('GET', `${acme}/environments/dev/holds/orders`)).status, { timeout: 15_000 }).toBe(200);
    expect((await served.ask('GET', orders)).body).toMatchObject({ object: { spec: { release } } });
  });
});
