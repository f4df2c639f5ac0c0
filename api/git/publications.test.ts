import fs, { readFileSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { clone as cloneElsewhere, resolveRef } from 'isomorphic-git';
import http from 'isomorphic-git/http/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { memoryIo } from '../../cli/testing/memory-io.ts';
import { runStockGit as runGit } from '../../engine/testing/run-stock-git.ts';
import { commit, edit, named, push, serveGit, type ServedGit } from '../testing/serve-git.ts';

let served: ServedGit;

beforeAll(async () => {
  served = await serveGit();
}, 60_000);

afterAll(() => served.close());

const settings = 'tenants/ac/acme/settings.yaml';

async function applyIn(cwd: string, ...files: string[]): Promise<{ code: number; err: string }> {
  const memory = memoryIo({ cwd, env: { CAMELEER_URL: served.server.url, CAMELEER_TOKEN: served.admin } });
  return { code: await run(['apply', ...files.flatMap((file) => ['-f', file])], memory.io), err: memory.err() };
}

describe('a tenant’s repository', () => {
  test('holds the tenant’s own files with their history, and follows main', async () => {
    const path = join(served.folder, 'acme');
    expect(await runGit(served.folder, ['clone', '--quiet', served.address('tenants/acme.git', served.admin), path])).toMatchObject({ status: 0 });
    const listed = (await runGit(path, ['ls-tree', '-r', '--name-only', 'HEAD'])).out.trim().split('\n');
    expect(listed.every((name) => name.startsWith('tenants/ac/acme/'))).toBe(true);
    expect(listed).toContain(settings);
    const state = await served.clone();
    edit(state, settings, named('Followed'));
    const source = await commit(state, 'Follow me');
    expect(await push(state, 'HEAD:main')).toMatchObject({ status: 0 });
    expect(await runGit(path, ['pull', '--quiet'])).toMatchObject({ status: 0 });
    expect(readFileSync(join(path, settings), 'utf8')).toContain('Followed');
    const last = (await runGit(path, ['log', '-1', '--format=%an%n%B'])).out;
    expect(last).toContain('operator\nFollow me');
    expect(last).toContain(`Source-Commit: ${source}`);
  });

  test('takes no push, and says what to do instead', async () => {
    const path = join(served.folder, 'acme-push');
    await runGit(served.folder, ['clone', '--quiet', served.address('tenants/acme.git', served.admin), path]);
    edit(path, settings, named('Mine'));
    await commit(path, 'Change by push');
    const run = await push(path, 'HEAD:main');
    expect(run.status).not.toBe(0);
    expect(run.err).toContain('cameleer apply');
    expect(run.err).toContain('change request');
  });

  test('is changed by `cameleer apply` on what was read, and refused on what has changed since', async () => {
    const path = join(served.folder, 'acme-apply');
    await runGit(served.folder, ['clone', '--quiet', served.address('tenants/acme.git', served.admin), path]);
    const apply = (...files: string[]) => applyIn(path, ...files);
    const member = 'tenants/ac/acme/members/usr_applied000000001.yaml';
    edit(path, settings, (text) => `${named('Applied')(text)}# kept\n`);
    writeFileSync(join(path, member), readFileSync(join(path, 'tenants/ac/acme/members/usr_viewer0000000001.yaml'), 'utf8').replaceAll('usr_viewer0000000001', 'usr_applied000000001'));
    expect(await apply(settings, member)).toEqual({ code: 0, err: '' });
    expect((await runGit(served.folder, ['ls-remote', served.address('tenants/acme.git', served.admin), 'main'])).status).toBe(0);
    const { text } = await served.ask('GET', '/api/v1/tenants/acme/settings', { headers: { Accept: 'application/yaml' } });
    expect(text).toContain('Applied\n# kept');
    expect((await served.ask('GET', '/api/v1/tenants/acme/members/usr_applied000000001')).status).toBe(200);
    edit(path, settings, named('Stale'));
    expect(await apply(settings)).toMatchObject({ code: 4, err: expect.stringContaining('precondition_failed') });
    expect(await apply(member)).toMatchObject({ code: 4 });
    expect(await apply('.git/config')).toMatchObject({ code: 4, err: expect.stringContaining('not_a_state_repository') });
  });

  test('is changed by `cameleer apply` also after a commit of one’s own', async () => {
    const path = join(served.folder, 'acme-committed');
    await runGit(served.folder, ['clone', '--quiet', served.address('tenants/acme.git', served.admin), path]);
    edit(path, settings, named('Committed'));
    await commit(path, 'Commit first, apply then');
    expect(await applyIn(path, settings)).toEqual({ code: 0, err: '' });
    edit(path, settings, named('Stale'));
    await commit(path, 'And once more');
    expect(await applyIn(path, settings)).toMatchObject({ code: 4, err: expect.stringContaining('is now "Committed", you wanted "Stale"') });
  });

  test('is for who may read all of the tenant, operators and auditors; for others it is not there', async () => {
    for (const token of [served.operator, served.auditor, served.admin]) expect(await runGit(served.folder, ['ls-remote', served.address('tenants/acme.git', token)])).toMatchObject({ status: 0 });
    expect((await runGit(served.folder, ['ls-remote', served.address('tenants/acme.git', served.viewer)])).err).toContain('remote: Cloning takes the right to read everything of acme');
    const foreign = await runGit(served.folder, ['ls-remote', served.address('tenants/globex.git', served.admin)]);
    const nowhere = await runGit(served.folder, ['ls-remote', served.address('tenants/nobody.git', served.admin)]);
    expect(foreign.err.replaceAll('globex', 'nobody')).toBe(nowhere.err);
  });
});

describe('a cell’s repository', () => {
  let credentials = 0;
  const credential = async (): Promise<{ id: string; token: string }> => {
    const made = await served.ask('POST', '/api/v1/cells/local/tokens', { json: {}, headers: { 'Idempotency-Key': `cell-${(credentials += 1)}` } });
    expect(made.status).toBe(201);
    return made.body as unknown as { id: string; token: string };
  };

  test('is read also while others hold all the room there is for clones, and nobody holds it alone', async () => {
    const { token } = await credential();
    const second = await served.person('usr_admin00000000002', 'acme', [{ role: 'admin', environments: ['*'] }]);
    const { hostname, port } = new URL(served.server.url);
    const held: Socket[] = [];
    const hold = (bearer: string, count: number) => {
      for (let turn = 0; turn < count; turn += 1) {
        const socket = connect(Number(port), hostname);
        socket.on('error', () => {}).resume();
        held.push(socket);
        socket.write(`POST /git/tenants/acme.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/x-git-upload-pack-request\r\nContent-Length: 1000\r\n\r\n`);
      }
    };
    const ask = (path: string, bearer: string, signal?: AbortSignal) => fetch(`${served.server.url}/git/${path}/info/refs?service=git-upload-pack`, { headers: { Authorization: `Bearer ${bearer}` }, ...(signal && { signal }) });
    try {
      hold(served.admin, 20);
      const refused = await vi.waitFor(async () => {
        const answer = await ask('tenants/acme.git', served.admin, AbortSignal.timeout(1_000));
        expect(answer.status).toBe(429);
        return answer;
      }, { timeout: 15_000, interval: 20 });
      expect(refused.headers.get('retry-after')).toBe('5');
      expect(await refused.text()).toContain('too_many_reads');
      expect((await ask('tenants/acme.git', second)).status).toBe(200);
      hold(second, 4);
      // Whoever finds no room waits for it, longer than this.
      await vi.waitFor(() => expect(ask('state.git', served.operator, AbortSignal.timeout(3_000))).rejects.toThrow(), { timeout: 15_000, interval: 20 });
      expect((await ask('cells/local.git', token)).status).toBe(200);
    } finally {
      for (const socket of held) socket.destroy();
    }
    await vi.waitFor(async () => expect((await ask('tenants/acme.git', served.admin)).status).toBe(200), { timeout: 15_000, interval: 100 });
  });

  test('is read with the cell’s own credential, follows at once, and takes no push', async () => {
    const { token } = await credential();
    const path = join(served.folder, 'cell');
    expect(await runGit(served.folder, ['clone', '--quiet', served.address('cells/local.git', token), path])).toMatchObject({ status: 0 });
    const refs = (await runGit(served.folder, ['ls-remote', '--heads', served.address('cells/local.git', token)])).out;
    expect(refs.trim()).toBe(`${served.head().cells.get('local')}\trefs/heads/cells/local`);
    const state = await served.clone();
    edit(state, 'tenants/in/initech/tenant.yaml', (text) => text.replace('lifecycle: active', 'lifecycle: suspended'));
    await commit(state, 'Suspend initech');
    expect(await push(state, 'HEAD:main')).toMatchObject({ status: 0 });
    expect((await runGit(served.folder, ['ls-remote', served.address('cells/local.git', token), 'HEAD'])).out).toContain(served.head().cells.get('local'));
    expect((await runGit(path, ['push', 'origin', 'HEAD:main'])).err).toContain('rendered from main');
  });

  test('is cloned by another implementation of Git than git', async () => {
    const { token } = await credential();
    const path = join(served.folder, 'cell-isomorphic');
    await cloneElsewhere({ fs, http, dir: path, url: `${served.server.url}/git/cells/local.git`, ref: 'cells/local', singleBranch: true, onAuth: () => ({ username: 'flux', password: token }) });
    expect(await resolveRef({ fs, dir: path, ref: 'HEAD' })).toBe(served.head().cells.get('local'));
  });

  test('is closed to every other credential, and its own opens nothing else', async () => {
    const { token } = await credential();
    for (const other of ['state.git', 'tenants/acme.git', 'cells/eu1.git']) expect((await runGit(served.folder, ['ls-remote', served.address(other, token)])).status).not.toBe(0);
    expect((await runGit(served.folder, ['ls-remote', served.address('cells/local.git', served.admin)])).status).not.toBe(0);
    expect((await served.ask('GET', '/api/v1/whoami', { token })).status).toBe(401);
    expect((await served.ask('POST', '/api/v1/cells/local/tokens', { token: served.admin, json: {} })).status).toBe(403);
    expect((await served.ask('POST', '/api/v1/cells/nowhere/tokens', { json: {} })).status).toBe(404);
  });

  test('a revoked credential is refused at once, and the token is kept nowhere', async () => {
    const { id, token } = await credential();
    expect(JSON.stringify(await served.plane.stores.ledger.query('select * from requests'))).not.toContain(token);
    expect((await served.ask('GET', '/api/v1/cells/local/tokens')).text).not.toContain(token);
    expect((await served.ask('DELETE', `/api/v1/cells/local/tokens/${id}`)).body).toMatchObject({ id, revokedAt: expect.any(String) });
    expect((await runGit(served.folder, ['ls-remote', served.address('cells/local.git', token)])).err).toContain('Authentication failed');
    expect((await served.ask('DELETE', `/api/v1/cells/local/tokens/${id}`)).status).toBe(404);
  });
});
