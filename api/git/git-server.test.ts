import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { runStockGit as runGit } from '../../engine/testing/run-stock-git.ts';
import { stockGit } from '../../engine/testing/stock-git.ts';
import { listAudit, recordAudit } from '../../ledger/index.ts';
import { reconcileAudit } from '../../workflows/index.ts';
import { commit, edit, named, push, serveGit, type ServedGit } from '../testing/serve-git.ts';

let served: ServedGit;

beforeAll(async () => {
  served = await serveGit();
}, 60_000);

afterAll(() => served.close());

const settings = 'tenants/ac/acme/settings.yaml';
const globex = 'tenants/gl/globex/tenant.yaml';

describe('state.git', () => {
  test('is cloned whole by an operator, in every version of the protocol', async () => {
    for (const version of ['0', '1', '2']) {
      const path = join(served.folder, `version-${version}`);
      const run = await runGit(served.folder, ['-c', `protocol.version=${version}`, 'clone', '--quiet', served.address('state.git'), path]);
      expect(run, run.err).toMatchObject({ status: 0 });
      expect((await runGit(path, ['rev-parse', 'HEAD'])).out.trim()).toBe(served.head().commit);
      expect((await runGit(path, ['rev-parse', 'origin/cells/local'])).out.trim()).toBe(served.head().cells.get('local'));
    }
  });

  test('an accepted push is on main, rendered, audited, and keeps its author', async () => {
    const path = await served.clone();
    edit(path, globex, (text) => text.replace('lifecycle: active', 'lifecycle: suspended'));
    const id = await commit(path, 'Suspend globex');
    const run = await push(path, 'HEAD:main');
    expect(run, run.err).toMatchObject({ status: 0 });
    expect(served.head().commit).toBe(id);
    const cell = await served.plane.stores.engine.cell('local');
    expect(cell?.sourceCommit).toBe(id);
    expect(await served.ask('GET', '/api/v1/tenants/globex/tenant')).toMatchObject({ status: 200, body: { object: { spec: { lifecycle: 'suspended' } } } });
    expect((await runGit(path, ['log', '-1', '--format=%an <%ae>', 'HEAD'])).out.trim()).toBe('Op <op@acme.example>');
    const audit = (await listAudit(served.plane.stores.ledger, { chain: '_platform' })).filter(({ action }) => action === 'state.push');
    expect(audit.map(({ phase, commit, door }) => ({ phase, commit, door }))).toEqual([{ phase: 'intended', commit: id, door: 'push' }, { phase: 'done', commit: id, door: 'push' }]);
  });

  test('a refused push says where it is wrong, and has moved nothing', async () => {
    const path = await served.clone();
    const before = served.head().commit;
    edit(path, settings, named('[1]'));
    writeFileSync(join(path, 'tenants/in/initech/settings.yaml'), 'spec: [\n');
    await commit(path, 'Break two tenants');
    const run = await push(path, 'HEAD:main');
    expect(run.status).not.toBe(0);
    expect(run.err).toMatch(/remote: tenants\/ac\/acme\/settings\.yaml:6:16: field_type: /);
    expect(run.err).toMatch(/remote: tenants\/in\/initech\/settings\.yaml:\d+:\d+: /);
    expect(run.err).toContain('! [remote rejected] HEAD -> main (the state would be invalid)');
    expect(served.head().commit).toBe(before);
    expect(readdirSync(join(served.plane.stores.stateRepository, 'objects')).filter((name) => name.startsWith('tmp_'))).toEqual([]);
  });

  test('who pushes second is told to fetch first, and loses nothing', async () => {
    const [mine, theirs] = [await served.clone(), await served.clone()];
    edit(theirs, settings, named('Other'));
    const first = await commit(theirs, 'Name acme');
    edit(mine, 'tenants/in/initech/settings.yaml', (text) => `${text}# seen\n`);
    await commit(mine, 'Leave a comment');
    expect(await push(theirs, 'HEAD:main')).toMatchObject({ status: 0 });
    const refused = await push(mine, 'HEAD:main');
    expect(refused.err).toContain('(fetch first)');
    expect(served.head().commit).toBe(first);
    expect(await runGit(mine, ['pull', '--quiet', '--rebase', 'origin', 'main'])).toMatchObject({ status: 0 });
    expect(await push(mine, 'HEAD:main')).toMatchObject({ status: 0 });
  });

  test('is read by auditors, who push nothing, and by nobody else', async () => {
    const path = join(served.folder, 'audited');
    expect(await runGit(served.folder, ['clone', '--quiet', served.address('state.git', served.auditor), path])).toMatchObject({ status: 0 });
    edit(path, settings, named('By an auditor'));
    await commit(path, 'Change as an auditor');
    const refused = await push(path, 'HEAD:main');
    expect(refused.err).toContain('remote: Auditors read the state repository; only operators push to it. (forbidden)');
    const before = served.head().commit;
    for (const token of [served.admin, served.viewer]) {
      const run = await runGit(served.folder, ['ls-remote', served.address('state.git', token)]);
      expect(run.err).toContain('remote: Only operators and auditors');
    }
    expect((await runGit(served.folder, ['ls-remote', served.address('state.git', 'wrong')])).err).toContain('Authentication failed');
    expect(served.head().commit).toBe(before);
  });

  test('takes a token from a header or a credential helper, and asks for one', async () => {
    const url = `${served.server.url}/git/state.git`;
    expect(await runGit(served.folder, ['-c', `http.extraHeader=Authorization: Bearer ${served.operator}`, 'ls-remote', url])).toMatchObject({ status: 0 });
    expect(await runGit(served.folder, ['-c', `credential.helper=!f() { echo username=x; echo password=${served.operator}; }; f`, 'ls-remote', url])).toMatchObject({ status: 0 });
    const bare = await fetch(`${url}/info/refs?service=git-upload-pack`);
    expect([bare.status, bare.headers.get('www-authenticate')]).toEqual([401, 'Basic realm="cameleer", charset="UTF-8"']);
  });

  test.each([
    ['a cell’s branch', 'HEAD:refs/heads/cells/local', 'cells are rendered from main; change main'],
    ['another branch', 'HEAD:refs/heads/mine', 'only main and refs/for/main take pushes'],
    ['a tag', 'HEAD:refs/tags/v1', 'tags are not taken here'],
  ])('refuses %s in a sentence', async (_what, refspec, reason) => {
    const path = await served.clone();
    const run = await push(path, refspec);
    expect(run.err).toContain(`[remote rejected] HEAD -> ${refspec.split('/').slice(2).join('/')} (${reason})`);
  });

  test('deletes nothing and goes back to nothing', async () => {
    const path = await served.clone();
    const before = served.head().commit;
    expect((await push(path, ':main')).err).toContain('(nothing is deleted by a push)');
    const back = await push(path, 'HEAD~1:main');
    expect(back.err).toContain('(non-fast-forward)');
    expect(served.head().commit).toBe(before);
  });

  test('a merge that has main as its second parent is told to rebase', async () => {
    const path = await served.clone();
    await runGit(path, ['checkout', '--quiet', '-b', 'topic', 'HEAD~1']);
    edit(path, 'tenants/gl/globex/settings.yaml', (text) => `${text}# on a topic\n`);
    await commit(path, 'Work on a topic');
    expect(await runGit(path, ['merge', '--quiet', '-m', 'Merge main', 'origin/main'])).toMatchObject({ status: 0 });
    const before = served.head().commit;
    const run = await push(path, 'HEAD:main');
    expect(run.err).toContain('remote: What you push does not stand on main along first parents');
    expect(served.head().commit).toBe(before);
  });

  test('a push to refs/for/main opens a change request and moves nothing else', async () => {
    const path = await served.clone();
    const before = served.head().commit;
    edit(path, settings, named('Reviewed'));
    await commit(path, 'Name acme anew');
    const run = await push(path, 'HEAD:refs/for/main');
    expect(run, run.err).toMatchObject({ status: 0 });
    const [, number = ''] = /remote: Change request (\d+): Name acme anew/.exec(run.err) ?? [];
    expect(served.head().commit).toBe(before);
    expect((await served.ask('GET', `/api/v1/change-requests/${number}`)).body).toMatchObject({ title: 'Name acme anew', status: 'open' });
    const broken = await served.clone();
    edit(broken, settings, named('[1]'));
    await commit(broken, 'Break acme');
    const refused = await push(broken, 'HEAD:refs/for/main');
    expect(refused.err).toMatch(/remote: tenants\/ac\/acme\/settings\.yaml:6:16: field_type: /);
    expect(refused.err).toContain('(the state would be invalid)');
    expect(served.head().commit).toBe(before);
  });

  test('a push from a shallow clone is as good as another', async () => {
    const path = join(served.folder, 'shallow');
    expect(await runGit(served.folder, ['clone', '--quiet', '--depth=1', served.address('state.git'), path])).toMatchObject({ status: 0 });
    edit(path, settings, named('Shallow'));
    const id = await commit(path, 'Name acme from a shallow clone');
    const run = await push(path, 'HEAD:main');
    expect(run, run.err).toMatchObject({ status: 0 });
    expect(served.head().commit).toBe(id);
  });

  test('names of files move no terminal', async () => {
    const path = await served.clone();
    writeFileSync(join(path, 'tenants/ac/acme/\u001b[31mred.yaml'), 'x: 1\n');
    await commit(path, 'Add a colour');
    const run = await push(path, 'HEAD:main');
    expect(run.status).not.toBe(0);
    expect(run.err).toContain('red.yaml:1:1: ');
    expect(run.err).not.toContain('\u001b[31mred');
  });

  test('neither do titles, nor what git quotes of an object', async () => {
    const path = await served.clone();
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
    const path = await served.clone();
    writeFileSync(join(path, 'tenants/ac/acme/large.yaml'), randomBytes(3 * 1024 * 1024));
    await commit(path, 'Add what no state holds');
    const run = await push(path, 'HEAD:main');
    expect(run.err).toMatch(/remote: tenants\/ac\/acme\/large\.yaml:1:1: /);
  });

  test('shows no refs that the platform keeps for itself', async () => {
    const directory = served.plane.stores.stateRepository;
    stockGit(directory, ['update-ref', 'refs/cameleer/rewritten/x', 'main']);
    for (const version of ['0', '2']) expect((await runGit(served.folder, ['-c', `protocol.version=${version}`, 'ls-remote', served.address('state.git')])).out).not.toContain('refs/cameleer');
    stockGit(directory, ['update-ref', '-d', 'refs/cameleer/rewritten/x']);
  });

  test('a push whose end did not come into the audit is settled by its commit at the next start', async () => {
    const { ledger, engine } = served.plane.stores;
    const intended = { chain: '_platform', phase: 'intended', action: 'state.push', actor: 'usr_op3rat0r00000001', door: 'push' } as const;
    await recordAudit(ledger, { ...intended, requestId: 'req_pushed', commit: served.head().commit });
    await recordAudit(ledger, { ...intended, requestId: 'req_lost', commit: '1'.repeat(40) });
    expect(await reconcileAudit({ ledger, engine, logger: served.plane.stores.logger })).toEqual({ done: 1, failed: 1 });
  });

  test('with --atomic, one refused ref refuses all', async () => {
    const path = await served.clone();
    edit(path, settings, named('Atomic'));
    await commit(path, 'Name acme');
    const before = served.head().commit;
    const run = await push(path, '--atomic', 'HEAD:main', 'HEAD:refs/tags/v2');
    expect(run.status).not.toBe(0);
    expect(served.head().commit).toBe(before);
  });

  test('a commit that damages Git itself is refused', async () => {
    const path = await served.clone();
    const before = served.head().commit;
    const tree = (await runGit(path, ['rev-parse', 'HEAD^{tree}'])).out.trim();
    writeFileSync(join(served.folder, 'broken-commit'), `tree ${tree}\nparent ${before}\nauthor Op <op@acme.example> 1 +0000\ncommitter nobody\n\nBroken\n`);
    const id = (await runGit(path, ['hash-object', '-t', 'commit', '-w', '--literally', join(served.folder, 'broken-commit')])).out.trim();
    const run = await push(path, `${id}:main`);
    expect(run.err).toContain('(unpacker error)');
    expect(run.err).toContain(id);
    expect(served.head().commit).toBe(before);
  });
});

describe('a client that means no good', () => {
  const headers = (type: string) => ({ Authorization: `Bearer ${served.operator}`, 'Content-Type': `application/x-git-${type}-request` });
  const left = () => readdirSync(join(served.plane.stores.stateRepository, 'objects')).filter((name) => name.startsWith('tmp_objdir'));

  test('does not make a small body a large one', async () => {
    const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024, `0032want ${served.head().commit}\n`));
    const answer = await fetch(`${served.server.url}/git/state.git/git-upload-pack`, { method: 'POST', body: bomb, headers: { ...headers('upload-pack'), 'Content-Encoding': 'gzip' } });
    expect(answer.status).toBe(413);
  });

  test('that goes away in the middle of a push leaves nothing', async () => {
    const before = served.head().commit;
    const socket = connect(Number(new URL(served.server.url).port), '127.0.0.1');
    const command = `${before} ${'1'.repeat(40)} refs/heads/main\0 report-status side-band-64k`;
    const body = `${(command.length + 4).toString(16).padStart(4, '0')}${command}0000PACK`;
    const lines = Object.entries(headers('receive-pack')).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(`POST /git/state.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n${lines}Content-Length: 100000\r\n\r\n${body}`);
    await vi.waitFor(() => expect(left()).toHaveLength(1), { timeout: 10_000, interval: 10 });
    socket.destroy();
    await vi.waitFor(() => expect(left()).toEqual([]), { timeout: 10_000, interval: 10 });
    expect(served.head().commit).toBe(before);
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

  test('keeps no other operator from pushing', async () => {
    const second = await served.person('usr_operator00000002', 'acme', [{ role: 'viewer', environments: ['*'] }]);
    const platform = await served.ask('GET', '/api/v1/platform');
    const { spec } = platform.body['object'] as { spec: { operators: string[] } };
    expect((await served.ask('PATCH', '/api/v1/platform', { json: { spec: { operators: [...spec.operators, 'usr_operator00000002'] } }, headers: { 'If-Match': platform.headers.get('etag') ?? '' } })).status).toBe(200);
    const stalled = Array.from({ length: 12 }, () => connect(Number(new URL(served.server.url).port), '127.0.0.1').on('error', () => {}).resume());
    const start = `POST /git/state.git/git-receive-pack HTTP/1.1\r\nHost: x\r\n${Object.entries(headers('receive-pack')).map(([name, value]) => `${name}: ${value}\r\n`).join('')}Content-Length: 1000\r\n\r\n`;
    for (const socket of stalled) socket.write(start);
    const ask = (token: string) => fetch(`${served.server.url}/git/state.git/info/refs?service=git-receive-pack`, { headers: { Authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(3_000) });
    try {
      await vi.waitFor(async () => {
        const refused = await ask(served.operator);
        expect([refused.status, await refused.text()]).toEqual([429, expect.stringContaining('too_many_pushes')]);
      }, { timeout: 10_000, interval: 50 });
      expect((await ask(second)).status).toBe(200);
    } finally {
      for (const socket of stalled) socket.destroy();
    }
  });
});
