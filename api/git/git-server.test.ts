import { randomBytes } from 'node:crypto';
import fs, { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { clone as cloneElsewhere, resolveRef } from 'isomorphic-git';
import http from 'isomorphic-git/http/node';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { run } from '../../cli/run.ts';
import { memoryIo } from '../../cli/testing/memory-io.ts';
import { listAudit, recordAudit } from '../../ledger/index.ts';
import { stockGit } from '../../engine/testing/stock-git.ts';
import { reconcileAudit } from '../../workflows/index.ts';
import { serve, type Served } from '../testing/serve.ts';
import { runStockGit as runGit, type GitRun } from '../../engine/testing/run-stock-git.ts';

let served: Served;
let folder: string;
let clones = 0;
let auditor: string;
let admin: string;
let viewer: string;

beforeAll(async () => {
  served = await serve();
  auditor = await served.person('usr_auditor000000001');
  admin = await served.person('usr_admin00000000001', 'acme', [{ role: 'admin', environments: ['*'] }]);
  viewer = await served.person('usr_viewer0000000001', 'acme', [{ role: 'viewer', environments: ['*'] }]);
  const { headers } = await served.ask('GET', '/api/v1/platform');
  const appointed = await served.ask('PATCH', '/api/v1/platform', { json: { spec: { auditors: ['usr_auditor000000001'] } }, headers: { 'If-Match': headers.get('etag') ?? '' } });
  expect(appointed.status).toBe(200);
  folder = mkdtempSync(join(tmpdir(), 'cameleer-git-'));
}, 60_000);

afterAll(async () => {
  await served.close();
  rmSync(folder, { recursive: true, force: true });
});

const settings = 'tenants/ac/acme/settings.yaml';
const globex = 'tenants/gl/globex/tenant.yaml';

function address(path: string, token: string = served.operator): string {
  const url = new URL(`${served.server.url}/git/${path}`);
  url.username = 'me';
  url.password = token;
  return url.href;
}

/** A clone of the state repository, with what is on main now. */
async function clone(): Promise<string> {
  clones += 1;
  const path = join(folder, `clone-${clones}`);
  expect(await runGit(folder, ['clone', '--quiet', address('state.git'), path])).toMatchObject({ status: 0 });
  return path;
}

function edit(clone: string, path: string, change: (text: string) => string): void {
  writeFileSync(join(clone, path), change(readFileSync(join(clone, path), 'utf8')));
}

async function commit(clone: string, message: string): Promise<string> {
  await runGit(clone, ['add', '-A']);
  expect(await runGit(clone, ['commit', '--quiet', '-m', message])).toMatchObject({ status: 0 });
  return (await runGit(clone, ['rev-parse', 'HEAD'])).out.trim();
}

const push = (clone: string, ...refs: string[]): Promise<GitRun> => runGit(clone, ['push', 'origin', ...refs]);
const head = () => served.plane.stores.engine.head();
const named = (name: string) => (text: string) => text.replace(/displayName: .*/, `displayName: ${name}`);

describe('state.git', () => {
  test('is cloned whole by an operator, in every version of the protocol', async () => {
    for (const version of ['0', '1', '2']) {
      const path = join(folder, `version-${version}`);
      const run = await runGit(folder, ['-c', `protocol.version=${version}`, 'clone', '--quiet', address('state.git'), path]);
      expect(run, run.err).toMatchObject({ status: 0 });
      expect((await runGit(path, ['rev-parse', 'HEAD'])).out.trim()).toBe(head().commit);
      expect((await runGit(path, ['rev-parse', 'origin/cells/local'])).out.trim()).toBe(head().cells.get('local'));
    }
  });

  test('an accepted push is on main, rendered, audited, and keeps its author', async () => {
    const path = await clone();
    edit(path, globex, (text) => text.replace('lifecycle: active', 'lifecycle: suspended'));
    const id = await commit(path, 'Suspend globex');
    const run = await push(path, 'HEAD:main');
    expect(run, run.err).toMatchObject({ status: 0 });
    expect(head().commit).toBe(id);
    const cell = await served.plane.stores.engine.cell('local');
    expect(cell?.sourceCommit).toBe(id);
    expect(await served.ask('GET', '/api/v1/tenants/globex/tenant')).toMatchObject({ status: 200, body: { object: { spec: { lifecycle: 'suspended' } } } });
    expect((await runGit(path, ['log', '-1', '--format=%an <%ae>', 'HEAD'])).out.trim()).toBe('Op <op@acme.example>');
    const audit = (await listAudit(served.plane.stores.ledger, { chain: '_platform' })).filter(({ action }) => action === 'state.push');
    expect(audit.map(({ phase, commit, door }) => ({ phase, commit, door }))).toEqual([{ phase: 'intended', commit: id, door: 'push' }, { phase: 'done', commit: id, door: 'push' }]);
  });

  test('a refused push says where it is wrong, and has moved nothing', async () => {
    const path = await clone();
    const before = head().commit;
    edit(path, settings, named('[1]'));
    writeFileSync(join(path, 'tenants/in/initech/settings.yaml'), 'spec: [\n');
    await commit(path, 'Break two tenants');
    const run = await push(path, 'HEAD:main');
    expect(run.status).not.toBe(0);
    expect(run.err).toMatch(/remote: tenants\/ac\/acme\/settings\.yaml:6:16: field_type: /);
    expect(run.err).toMatch(/remote: tenants\/in\/initech\/settings\.yaml:\d+:\d+: /);
    expect(run.err).toContain('! [remote rejected] HEAD -> main (the state would be invalid)');
    expect(head().commit).toBe(before);
    expect(readdirSync(join(served.plane.stores.stateRepository, 'objects')).filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });

  test('who pushes second is told to fetch first, and loses nothing', async () => {
    const [mine, theirs] = [await clone(), await clone()];
    edit(theirs, settings, named('Other'));
    const first = await commit(theirs, 'Name acme');
    edit(mine, 'tenants/in/initech/settings.yaml', (text) => `${text}# seen\n`);
    await commit(mine, 'Leave a comment');
    expect(await push(theirs, 'HEAD:main')).toMatchObject({ status: 0 });
    const refused = await push(mine, 'HEAD:main');
    expect(refused.err).toContain('(fetch first)');
    expect(head().commit).toBe(first);
    expect(await runGit(mine, ['pull', '--quiet', '--rebase', 'origin', 'main'])).toMatchObject({ status: 0 });
    expect(await push(mine, 'HEAD:main')).toMatchObject({ status: 0 });
  });

  test('is read by auditors, who push nothing, and by nobody else', async () => {
    const path = join(folder, 'audited');
    expect(await runGit(folder, ['clone', '--quiet', address('state.git', auditor), path])).toMatchObject({ status: 0 });
    edit(path, settings, named('By an auditor'));
    await commit(path, 'Change as an auditor');
    const refused = await push(path, 'HEAD:main');
    expect(refused.err).toContain('remote: Auditors read the state repository; only operators push to it. (forbidden)');
    const before = head().commit;
    for (const token of [admin, viewer]) {
      const run = await runGit(folder, ['ls-remote', address('state.git', token)]);
      expect(run.err).toContain('remote: Only operators and auditors');
    }
    expect((await runGit(folder, ['ls-remote', address('state.git', 'wrong')])).err).toContain('Authentication failed');
    expect(head().commit).toBe(before);
  });

  test('takes a token from a header or a credential helper, and asks for one', async () => {
    const url = `${served.server.url}/git/state.git`;
    expect(await runGit(folder, ['-c', `http.extraHeader=Authorization: Bearer ${served.operator}`, 'ls-remote', url])).toMatchObject({ status: 0 });
    expect(await runGit(folder, ['-c', `credential.helper=!f() { echo username=x; echo password=${served.operator}; }; f`, 'ls-remote', url])).toMatchObject({ status: 0 });
    const bare = await fetch(`${url}/info/refs?service=git-upload-pack`);
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="cameleer", charset="UTF-8"']);
  });

  test.each([
    ['a cell’s branch', 'HEAD:refs/heads/cells/local', 'cells are rendered from main; change main'],
    ['another branch', 'HEAD:refs/heads/mine', 'only main and refs/for/main take pushes'],
    ['a tag', 'HEAD:refs/tags/v1', 'tags are not taken here'],
  ])('refuses %s in a sentence', async (_what, refspec, reason) => {
    const path = await clone();
    const run = await push(path, refspec);
    expect(run.err).toContain(`[remote rejected] HEAD -> ${refspec.split('/').slice(2).join('/')} (${reason})`);
  });

  test('deletes nothing and goes back to nothing', async () => {
    const path = await clone();
    const before = head().commit;
    expect((await push(path, ':main')).err).toContain('(nothing is deleted by a push)');
    const back = await push(path, 'HEAD~1:main');
    expect(back.err).toContain('(non-fast-forward)');
    expect(head().commit).toBe(before);
  });

  test('a merge that has main as its second parent is told to rebase', async () => {
    const path = await clone();
    await runGit(path, ['checkout', '--quiet', '-b', 'topic', 'HEAD~1']);
    edit(path, 'tenants/gl/globex/settings.yaml', (text) => `${text}# on a topic\n`);
    await commit(path, 'Work on a topic');
    expect(await runGit(path, ['merge', '--quiet', '-m', 'Merge main', 'origin/main'])).toMatchObject({ status: 0 });
    const before = head().commit;
    const run = await push(path, 'HEAD:main');
    expect(run.err).toContain('remote: What you push does not stand on main along first parents');
    expect(head().commit).toBe(before);
  });

  test('a push to refs/for/main opens a change request and moves nothing else', async () => {
    const path = await clone();
    const before = head().commit;
    edit(path, settings, named('Reviewed'));
    await commit(path, 'Name acme anew');
    const run = await push(path, 'HEAD:refs/for/main');
    expect(run, run.err).toMatchObject({ status: 0 });
    const [, number = ''] = /remote: Change request (\d+): Name acme anew/.exec(run.err) ?? [];
    expect(head().commit).toBe(before);
    expect((await served.ask('GET', `/api/v1/change-requests/${number}`)).body).toMatchObject({ title: 'Name acme anew', status: 'open' });
    const broken = await clone();
    edit(broken, settings, named('[1]'));
    await commit(broken, 'Break acme');
    const refused = await push(broken, 'HEAD:refs/for/main');
    expect(refused.err).toMatch(/remote: tenants\/ac\/acme\/settings\.yaml:6:16: field_type: /);
    expect(refused.err).toContain('(the state would be invalid)');
    expect(head().commit).toBe(before);
  });

  test('a push from a shallow clone is as good as another', async () => {
    const path = join(folder, 'shallow');
    expect(await runGit(folder, ['clone', '--quiet', '--depth=1', address('state.git'), path])).toMatchObject({ status: 0 });
    edit(path, settings, named('Shallow'));
    const id = await commit(path, 'Name acme from a shallow clone');
    const run = await push(path, 'HEAD:main');
    expect(run, run.err).toMatchObject({ status: 0 });
    expect(head().commit).toBe(id);
  });

  test('names of files move no terminal', async () => {
    const path = await clone();
    writeFileSync(join(path, 'tenants/ac/acme/\u001b[31mred.yaml'), 'x: 1\n');
    await commit(path, 'Add a colour');
    const run = await push(path, 'HEAD:main');
    expect(run.status).not.toBe(0);
    expect(run.err).toContain('red.yaml:1:1: ');
    expect(run.err).not.toContain('\u001b[31mred');
  });

  test('neither do titles, nor what git quotes of an object', async () => {
    const path = await clone();
    edit(path, settings, named('Coloured'));
    await commit(path, 'Name \u001b[31macme\u202e anew');
    const requested = await push(path, 'HEAD:refs/for/main');
    expect(requested.err).toMatch(/remote: Change request \d+: Name \ufffd\[31macme\ufffd anew/);
    writeFileSync(join(path, '.gitmodules'), '[submodule "x"]\n\tpath = x\n\turl = "-\u001b[31mred"\n');
    await commit(path, 'Add a module');
    const refused = await push(path, 'HEAD:main');
    expect(refused.err).toContain('(unpacker error)');
    expect(refused.err).toMatch(/url: -[\ufffd?]\[31mred/);
    for (const { err } of [requested, refused]) expect(['\u001b[31m', '\u202e'].filter((text) => err.includes(text))).toEqual([]);
  });

  test('a push too large for one piece is taken whole before it is judged', async () => {
    const path = await clone();
    writeFileSync(join(path, 'tenants/ac/acme/large.yaml'), randomBytes(3 * 1024 * 1024));
    await commit(path, 'Add what no state holds');
    const run = await push(path, 'HEAD:main');
    expect(run.err).toMatch(/remote: tenants\/ac\/acme\/large\.yaml:1:1: /);
  });

  test('shows no refs that the platform keeps for itself', async () => {
    const directory = served.plane.stores.stateRepository;
    stockGit(directory, ['update-ref', 'refs/cameleer/rewritten/x', 'main']);
    for (const version of ['0', '2']) expect((await runGit(folder, ['-c', `protocol.version=${version}`, 'ls-remote', address('state.git')])).out).not.toContain('refs/cameleer');
    stockGit(directory, ['update-ref', '-d', 'refs/cameleer/rewritten/x']);
  });

  test('a push whose end did not come into the audit is settled by its commit at the next start', async () => {
    const { ledger, engine } = served.plane.stores;
    const intended = { chain: '_platform', phase: 'intended', action: 'state.push', actor: 'usr_op3rat0r00000001', door: 'push' } as const;
    await recordAudit(ledger, { ...intended, requestId: 'req_pushed', commit: head().commit });
    await recordAudit(ledger, { ...intended, requestId: 'req_lost', commit: '1'.repeat(40) });
    expect(await reconcileAudit({ ledger, engine, logger: served.plane.stores.logger })).toEqual({ done: 1, failed: 1 });
  });

  test('with --atomic, one refused ref refuses all', async () => {
    const path = await clone();
    edit(path, settings, named('Atomic'));
    await commit(path, 'Name acme');
    const before = head().commit;
    const run = await push(path, '--atomic', 'HEAD:main', 'HEAD:refs/tags/v2');
    expect(run.status).not.toBe(0);
    expect(head().commit).toBe(before);
  });

  test('a commit that damages Git itself is refused', async () => {
    const path = await clone();
    const before = head().commit;
    const tree = (await runGit(path, ['rev-parse', 'HEAD^{tree}'])).out.trim();
    writeFileSync(join(folder, 'broken-commit'), `tree ${tree}\nparent ${before}\nauthor Op <op@acme.example> 1 +0000\ncommitter nobody\n\nBroken\n`);
    const id = (await runGit(path, ['hash-object', '-t', 'commit', '-w', '--literally', join(folder, 'broken-commit')])).out.trim();
    const run = await push(path, `${id}:main`);
    expect(run.err).toContain('(unpacker error)');
    expect(run.err).toContain(id);
    expect(head().commit).toBe(before);
  });
});

describe('a tenant’s repository', () => {
  test('holds the tenant’s own files with their history, and follows main', async () => {
    const path = join(folder, 'acme');
    expect(await runGit(folder, ['clone', '--quiet', address('tenants/acme.git', admin), path])).toMatchObject({ status: 0 });
    const listed = (await runGit(path, ['ls-tree', '-r', '--name-only', 'HEAD'])).out.trim().split('\n');
    expect(listed.every((name) => name.startsWith('tenants/ac/acme/'))).toBe(true);
    expect(listed).toContain(settings);
    const state = await clone();
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
    const path = join(folder, 'acme-push');
    await runGit(folder, ['clone', '--quiet', address('tenants/acme.git', admin), path]);
    edit(path, settings, named('Mine'));
    await commit(path, 'Change by push');
    const run = await push(path, 'HEAD:main');
    expect(run.status).not.toBe(0);
    expect(run.err).toContain('cameleer apply');
    expect(run.err).toContain('change request');
  });

  test('is changed by `cameleer apply` on what was read, and refused on what has changed since', async () => {
    const path = join(folder, 'acme-apply');
    await runGit(folder, ['clone', '--quiet', address('tenants/acme.git', admin), path]);
    const apply = (...files: string[]) => {
      const memory = memoryIo({ cwd: path, env: { CAMELEER_URL: served.server.url, CAMELEER_TOKEN: admin } });
      return run(['apply', ...files.flatMap((file) => ['-f', file])], memory.io).then((code) => ({ code, err: memory.err() }));
    };
    const member = 'tenants/ac/acme/members/usr_applied000000001.yaml';
    edit(path, settings, (text) => `${named('Applied')(text)}# kept\n`);
    writeFileSync(join(path, member), readFileSync(join(path, 'tenants/ac/acme/members/usr_viewer0000000001.yaml'), 'utf8').replaceAll('usr_viewer0000000001', 'usr_applied000000001'));
    expect(await apply(settings, member)).toEqual({ code: 0, err: '' });
    expect((await runGit(folder, ['ls-remote', address('tenants/acme.git', admin), 'main'])).status).toBe(0);
    const { text } = await served.ask('GET', '/api/v1/tenants/acme/settings', { headers: { Accept: 'application/yaml' } });
    expect(text).toContain('Applied\n# kept');
    expect((await served.ask('GET', '/api/v1/tenants/acme/members/usr_applied000000001')).status).toBe(200);
    edit(path, settings, named('Stale'));
    expect(await apply(settings)).toMatchObject({ code: 4, err: expect.stringContaining('precondition_failed') });
    expect(await apply(member)).toMatchObject({ code: 4 });
    expect(await apply('.git/config')).toMatchObject({ code: 4, err: expect.stringContaining('not_a_state_repository') });
  });

  test('is for who may read all of the tenant, operators and auditors; for others it is not there', async () => {
    for (const token of [served.operator, auditor, admin]) expect(await runGit(folder, ['ls-remote', address('tenants/acme.git', token)])).toMatchObject({ status: 0 });
    expect((await runGit(folder, ['ls-remote', address('tenants/acme.git', viewer)])).err).toContain('remote: Cloning takes the right to read everything of acme');
    const foreign = await runGit(folder, ['ls-remote', address('tenants/globex.git', admin)]);
    const nowhere = await runGit(folder, ['ls-remote', address('tenants/nobody.git', admin)]);
    expect(foreign.err.replaceAll('globex', 'nobody')).toBe(nowhere.err);
  });
});

describe('a cell’s repository', () => {
  const credential = async (): Promise<{ id: string; token: string }> => {
    const made = await served.ask('POST', '/api/v1/cells/local/tokens', { json: {}, headers: { 'Idempotency-Key': `cell-${clones}` } });
    expect(made.status).toBe(201);
    return made.body as unknown as { id: string; token: string };
  };

  test('is read also while others hold all the room there is for clones, and nobody holds it alone', async () => {
    const { token } = await credential();
    const second = await served.person('usr_admin00000000002', 'acme', [{ role: 'admin', environments: ['*'] }]);
    const { hostname, port } = new URL(served.server.url);
    const held: Socket[] = [];
    const hold = async (bearer: string, count: number) => {
      for (let turn = 0; turn < count; turn += 1) {
        const socket = connect(Number(port), hostname);
        socket.on('error', () => {}).resume();
        held.push(socket);
        socket.write(`POST /git/tenants/acme.git/git-upload-pack HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${bearer}\r\nContent-Type: application/x-git-upload-pack-request\r\nContent-Length: 1000\r\n\r\n`);
      }
      await setTimeout(500);
    };
    const ask = (path: string, bearer: string, signal = AbortSignal.timeout(3_000)) => fetch(`${served.server.url}/git/${path}/info/refs?service=git-upload-pack`, { headers: { Authorization: `Bearer ${bearer}` }, signal });
    try {
      await hold(admin, 20);
      const refused = await ask('tenants/acme.git', admin);
      expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '5']);
      expect(await refused.text()).toContain('too_many_reads');
      expect((await ask('tenants/acme.git', second)).status).toBe(200);
      await hold(second, 4);
      await expect(ask('state.git', served.operator)).rejects.toThrow();
      expect((await ask('cells/local.git', token)).status).toBe(200);
    } finally {
      for (const socket of held) socket.destroy();
    }
    await vi.waitFor(async () => expect((await ask('tenants/acme.git', admin)).status).toBe(200), { timeout: 15_000, interval: 100 });
  });

  test('is read with the cell’s own credential, follows at once, and takes no push', async () => {
    const { token } = await credential();
    const path = join(folder, 'cell');
    expect(await runGit(folder, ['clone', '--quiet', address('cells/local.git', token), path])).toMatchObject({ status: 0 });
    const refs = (await runGit(folder, ['ls-remote', '--heads', address('cells/local.git', token)])).out;
    expect(refs.trim()).toBe(`${head().cells.get('local')}\trefs/heads/cells/local`);
    const state = await clone();
    edit(state, 'tenants/in/initech/tenant.yaml', (text) => text.replace('lifecycle: active', 'lifecycle: suspended'));
    await commit(state, 'Suspend initech');
    expect(await push(state, 'HEAD:main')).toMatchObject({ status: 0 });
    expect((await runGit(folder, ['ls-remote', address('cells/local.git', token), 'HEAD'])).out).toContain(head().cells.get('local'));
    expect((await runGit(path, ['push', 'origin', 'HEAD:main'])).err).toContain('rendered from main');
  });

  test('is cloned by another implementation of Git than git', async () => {
    const { token } = await credential();
    const path = join(folder, 'cell-isomorphic');
    await cloneElsewhere({ fs, http, dir: path, url: `${served.server.url}/git/cells/local.git`, ref: 'cells/local', singleBranch: true, onAuth: () => ({ username: 'flux', password: token }) });
    expect(await resolveRef({ fs, dir: path, ref: 'HEAD' })).toBe(head().cells.get('local'));
  });

  test('is closed to every other credential, and its own opens nothing else', async () => {
    const { token } = await credential();
    for (const other of ['state.git', 'tenants/acme.git', 'cells/eu1.git']) expect((await runGit(folder, ['ls-remote', address(other, token)])).status).not.toBe(0);
    expect((await runGit(folder, ['ls-remote', address('cells/local.git', admin)])).status).not.toBe(0);
    expect((await served.ask('GET', '/api/v1/whoami', { token })).status).toBe(401);
    expect((await served.ask('POST', '/api/v1/cells/local/tokens', { token: admin, json: {} })).status).toBe(403);
    expect((await served.ask('POST', '/api/v1/cells/nowhere/tokens', { json: {} })).status).toBe(404);
  });

  test('a revoked credential is refused at once, and the token is kept nowhere', async () => {
    const { id, token } = await credential();
    expect(JSON.stringify(await served.plane.stores.ledger.query('select * from requests'))).not.toContain(token);
    expect((await served.ask('GET', '/api/v1/cells/local/tokens')).text).not.toContain(token);
    expect((await served.ask('DELETE', `/api/v1/cells/local/tokens/${id}`)).body).toMatchObject({ id, revokedAt: expect.any(String) });
    expect((await runGit(folder, ['ls-remote', address('cells/local.git', token)])).err).toContain('Authentication failed');
    expect((await served.ask('DELETE', `/api/v1/cells/local/tokens/${id}`)).status).toBe(404);
  });
});

describe('a client that means no good', () => {
  const headers = (type: string) => ({ Authorization: `Bearer ${served.operator}`, 'Content-Type': `application/x-git-${type}-request` });
  const left = () => readdirSync(join(served.plane.stores.stateRepository, 'objects')).filter((name) => name.startsWith('tmp_objdir'));

  test('does not make a small body a large one', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, `0032want ${head().commit}\n`));
    const answer = await fetch(`${served.server.url}/git/state.git/git-upload-pack`, { method: 'POST', body: bomb, headers: { ...headers('upload-pack'), 'Content-Encoding': 'gzip' } });
    expect(answer.status).toBe(413);
  });

  test('that goes away in the middle of a push leaves nothing', async () => {
    const before = head().commit;
    const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1');
    const command = `${before} ${'1'.repeat(40)} refs/heads/main\0 report-status side-band-64k`;
    const body = `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000PACK`;
    const lines = Object.entries(headers('receive-pack')).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`POST /git/state.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n${lines}Content-Length: 100000\r\n\r\n${body}`);
    await vi.waitFor(() => expect(left()).toHaveLength(1), { timeout: 10_000, interval: 10 });
    socket.destroy();
    await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 10_000, interval: 10 });
    expect(head().commit).toBe(before);
  });

  test('takes up room for no longer than it stays', async () => {
    const stalled = Array.from({ length: 2 }, () => connect(Number(new URL(served.server.url).port), '127.0.0.1'));
    const start = `POST /git/state.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n${Object.entries(headers('receive-pack')).map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: 1000\r\n\r\n`;
    for (const socket of stalled) socket.write(start);
    await vi.waitFor(async () => {
      const waiting = new AbortController();
      const asked = fetch(`${served.server.url}/git/state.git/info/refs?service=git-receive-pack`, { headers: { Authorization: `Bearer ${served.operator}` }, signal: waiting.signal });
      const first = await Promise.race([asked.then(() => 'answered', () => 'refused'), setTimeout(200).then(() => 'waiting')]);
      waiting.abort();
      await asked.catch(() => {});
      expect(first).toBe('waiting');
    }, { timeout: 10_000, interval: 50 });
    for (const socket of stalled) socket.destroy();
    const again = await fetch(`${served.server.url}/git/state.git/info/refs?service=git-receive-pack`, { headers: { Authorization: `Bearer ${served.operator}` } });
    expect(again.status).toBe(200);
  });
});
