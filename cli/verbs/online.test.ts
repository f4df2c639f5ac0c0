import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { run } from '../run.ts';
import { fakeControlPlane, problem, type FakeAnswer, type FakeControlPlane } from '../testing/fake-control-plane.ts';
import { memoryIo, type MemoryIo } from '../testing/memory-io.ts';

const none = { added: 0, modified: 0, deleted: 0 };
const plan = {
  base: 'a'.repeat(40), objects: [], rendered: [], blastRadius: { tenants: [], namespaces: [], restarted: [], scaled: [], created: [], deleted: [], data: [] }, risks: [], problems: [], hash: 'h',
  summary: { tenants: 0, namespaces: 0, objects: none, rendered: none, workloads: { created: 0, restarted: 0, scaled: 0, deleted: 0 }, data: 0, risks: {}, errors: 0, largest: [] },
  cost: { before: { cores: 0, memoryGiB: 0 }, after: { cores: 0, memoryGiB: 0 }, perMonth: [], unknown: [] },
};
const written = { commit: 'b'.repeat(40), base: 'a'.repeat(40), changed: true, objects: [], plan };
const at = '/api/v1/tenants/acme/environments/dev/apps/orders';
const deployment = { object: { kind: 'AppDeployment', metadata: { name: 'orders' }, spec: { release: 'v1', jvmOptions: ['-Xss512k', '-XX:+UseZGC'] } }, etag: 'e1', path: 'x' };
const ready = { tenant: 'acme', environment: 'dev', application: 'orders', desired: { release: 'v1', replicas: 1, stopped: false }, observed: { health: 'ready', pods: [] } };

let server: FakeControlPlane | undefined;
let folder = '';
beforeEach(() => { folder = mkdtempSync(join(tmpdir(), 'cameleer-cli-')); });
afterEach(async () => {
  await server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

interface Ran extends MemoryIo {
  readonly code: number;
}

async function cameleer(routes: Readonly<Record<string, FakeAnswer>>, ...argv: string[]): Promise<Ran> {
  server = await fakeControlPlane(routes);
  const memory = memoryIo({ env: { CAMELEER_URL: server.url, CAMELEER_TOKEN: 'cml_test' }, cwd: folder });
  return { code: await run(argv, memory.io), ...memory };
}

const sent = (): { method: string; path: string; body: unknown }[] =>
  (server?.received ?? []).map(({ method, path, body }) => ({ method, path, body: body.length === 0 ? undefined : (JSON.parse(body.toString()) as unknown) }));

describe('writes', () => {
  test('deploy uploads the bytes as they are, then deploys the release that they became', async () => {
    const jar = Buffer.alloc(300_000, 7);
    writeFileSync(join(folder, 'x.jar'), jar);
    const ran = await cameleer({
      'POST /api/v1/tenants/acme/apps/orders/releases': { ...written, release: { metadata: { name: 'v4' }, spec: { runtime: { launch: 'jar' } } }, created: true },
      [`POST ${at}/deployments`]: written,
    }, 'deploy', 'acme/orders', '--env', 'dev', '--jar', 'x.jar', '--release', 'v4');
    expect(ran.code, ran.err()).toBe(0);
    const [upload, deploy] = server?.received ?? [];
    expect(upload?.body.equals(jar)).toBe(true);
    expect(upload?.path).toBe('/api/v1/tenants/acme/apps/orders/releases?environment=dev');
    expect(upload?.headers).toMatchObject({ authorization: 'Bearer cml_test', 'content-type': 'application/java-archive', 'cameleer-release': 'v4', 'cameleer-door': 'cli', 'idempotency-key': 'id-1' });
    expect(JSON.parse(deploy?.body.toString() ?? '')).toEqual({ release: 'v4' });
    expect(ran.err()).toContain('100 %');
    expect(ran.err()).toContain('starts by -jar');
    expect(ran.out()).toContain('Deployed acme/orders v4 to dev (commit bbbbbbbbbbbb)');
  });

  test('scale asks for no more pods than a deployment may have', async () => {
    const asked = (replicas: string) => cameleer({}, 'scale', 'acme/orders', '--env', 'dev', '--replicas', replicas);
    expect((await asked('101')).code).toBe(2);
    await server?.close();
    expect((await asked('100')).code).not.toBe(2);
  });

  test('an upload refused before its end shows the refusal, not the broken connection', async () => {
    writeFileSync(join(folder, 'x.jar'), Buffer.alloc(20_000_000));
    const { createServer } = await import('node:http');
    const early = createServer((_request, response) => {
      problem(response, 413, { code: 'jar_too_large', detail: 'It is too large.' });
      response.socket?.end();
    });
    await new Promise<void>((resolve) => early.listen(0, '127.0.0.1', resolve));
    const { port } = early.address() as { port: number };
    const memory = memoryIo({ env: { CAMELEER_URL: `http://127.0.0.1:${port}`, CAMELEER_TOKEN: 'cml_test' }, cwd: folder });
    const code = await run(['deploy', 'acme/orders', '--env', 'dev', '--jar', 'x.jar'], memory.io);
    early.closeAllConnections();
    early.close();
    expect({ code, code2: /^error: (\w+)/.exec(memory.err().slice(memory.err().indexOf('error:')))?.[1] }).toEqual({ code: 4, code2: 'jar_too_large' });
    expect(memory.err()).toMatch(/next: .*higher tier/);
  });

  test('a dry run of what would be refused fails, and does not say to do it', async () => {
    const refused = { ...plan, summary: { ...plan.summary, errors: 1 }, problems: [{ path: 'x.yaml', line: 1, column: 1, pointer: '', severity: 'error', code: 'field_range', message: 'Change it.' }] };
    const ran = await cameleer({ [`GET ${at}`]: deployment, [`PATCH ${at}`]: refused }, 'scale', 'acme/orders', '--env', 'dev', '--replicas', '100', '--dry-run');
    expect({ code: ran.code, told: ran.out().includes('leave out --dry-run'), hash: ran.out().includes(`plan ${plan.hash}`) }).toEqual({ code: 1, told: false, hash: false });
    await server?.close();
    const good = await cameleer({ [`GET ${at}`]: deployment, [`PATCH ${at}`]: plan }, 'scale', 'acme/orders', '--env', 'dev', '--replicas', '2', '--dry-run');
    expect({ code: good.code, told: good.out().includes('leave out --dry-run') }).toEqual({ code: 0, told: true });
  });

  test('a revert that would be refused is not asked about', async () => {
    const refused = { plan: { ...plan, summary: { ...plan.summary, errors: 1 } }, leftAlone: [] };
    const ran = await cameleer({ 'POST /api/v1/tenants/acme/reverts': refused }, 'revert', 'a'.repeat(40), '--tenant', 'acme', '--yes');
    expect({ code: ran.code, asked: server?.received.map(({ path }) => path) }).toEqual({ code: 1, asked: ['/api/v1/tenants/acme/reverts?dryRun=true'] });
  });

  test('configuration is a merge patch on the condition that nobody changed it', async () => {
    const ran = await cameleer({ [`GET ${at}`]: deployment, [`PATCH ${at}`]: written }, 'config', 'set', 'acme/orders', '--env', 'dev', 'A=1', 'B=x=y', '--property', 'p.q=r', '--jvm-option=-Xss512k', '--jvm-option=-Xmx1g');
    expect(ran.code, ran.err()).toBe(0);
    expect(sent()[1]?.body).toEqual({ spec: { env: { A: '1', B: 'x=y' }, properties: { 'p.q': 'r' }, jvmOptions: ['-Xss512k', '-XX:+UseZGC', '-Xmx1g'] } });
    expect(server?.received[1]?.headers).toMatchObject({ 'if-match': '"e1"', 'content-type': 'application/merge-patch+json' });
  });

  test('unset removes by null, and JVM options by value', async () => {
    await cameleer({ [`GET ${at}`]: deployment, [`PATCH ${at}`]: written }, 'config', 'unset', 'acme/orders', '--env', 'dev', 'A', '-p', 'p.q', '--jvm-option=-Xss512k');
    expect(sent()[1]?.body).toEqual({ spec: { env: { A: null }, properties: { 'p.q': null }, jvmOptions: ['-XX:+UseZGC'] } });
  });

  test.each([
    [['scale', 'acme/orders', '-e', 'dev', '--replicas', '3'], { spec: { replicas: 3 } }],
    [['stop', 'acme/orders', '-e', 'dev'], { spec: { stopped: true } }],
    [['start', 'acme/orders', '-e', 'dev'], { spec: { stopped: null } }],
  ])('%j', async (argv, patch) => {
    expect((await cameleer({ [`GET ${at}`]: deployment, [`PATCH ${at}`]: written }, ...argv)).code).toBe(0);
    expect(sent()[1]?.body).toEqual(patch);
  });

  describe('rollback', () => {
    /** Commits about the deployment, newest first, each with the release that it left; `c1` is the oldest. */
    const history = (...releases: readonly (string | undefined)[]): Readonly<Record<string, FakeAnswer>> => {
      const commits = releases.map((release, at) => ({ commit: `c${releases.length - at}`, release }));
      return {
        'GET /api/v1/tenants/acme/history': (response: ServerResponse, { path }: { path: string }): void => {
          // A page for each commit.
          const at = commits.findIndex(({ commit }) => path.includes(`before=${commit}`)) + 1;
          const { commit } = commits[at] ?? {};
          response.end(JSON.stringify({ entries: [{ commit, parents: [], author: 'x', time: '2026-01-01T00:00:00Z', subject: 's', trailers: {}, signature: 'platform' }], ...(at + 1 < commits.length && { next: commit }) }));
        },
        [`GET ${at}`]: (response: ServerResponse, { path }: { path: string }): void => {
          const release = commits.find(({ commit }) => path.endsWith(`at=${commit}`))?.release;
          if (release === undefined) problem(response, 404, { code: 'not_found', detail: 'It was not there.' });
          else response.end(JSON.stringify({ ...deployment, object: { ...deployment.object, spec: { release } } }));
        },
        'POST /api/v1/tenants/acme/reverts': written,
      };
    };

    test('takes back what the newest change of release did there, not a newer one of something else', async () => {
      const ran = await cameleer(history('v2', 'v2', 'v2', 'v1'), 'rollback', 'acme/orders', '--env', 'dev');
      expect(ran.code, ran.err()).toBe(0);
      expect(sent().at(-1)).toMatchObject({ path: '/api/v1/tenants/acme/reverts', body: { commit: 'c2', environment: 'dev', application: 'orders' } });
      expect(ran.out()).toContain('from v2 to v1');
    });

    test.each([
      ['the first release', history('v1', 'v1')],
      ['what was deleted and deployed again', history('v2', undefined, 'v1')],
      ['a release that was rolled back already', history('v1', 'v1', 'v2', 'v1')],
    ])('has nothing to take back: %s', async (_, routes) => {
      const ran = await cameleer(routes, 'rollback', 'acme/orders', '--env', 'dev');
      expect({ code: ran.code, err: ran.err() }).toEqual({ code: 4, err: expect.stringContaining('error: nothing_to_roll_back') as string });
    });
  });

  test('revert takes an id as history prints it, and refuses one that no commit has', async () => {
    const full = `abcd${'1'.repeat(36)}`;
    const entry = (commit: string): object => ({ commit, parents: [], author: 'x', time: '2026-01-01T00:00:00Z', subject: 's', trailers: {}, signature: 'platform' });
    const routes = {
      'GET /api/v1/tenants/acme/history': (response: ServerResponse, { path }: { path: string }): void => {
        response.end(JSON.stringify(path.includes('before=') ? { entries: [entry(`abcf${'3'.repeat(36)}`), entry(full)] } : { entries: [entry(`abce${'2'.repeat(36)}`)], next: 'x' }));
      },
      'POST /api/v1/tenants/acme/reverts': (response: ServerResponse, { path }: { path: string }): void => {
        response.end(JSON.stringify(path.includes('dryRun') ? { plan, leftAlone: [{ path: 'tenants/ac/acme/members/m.yaml', because: 'It belongs to members.', include: 'members' }] } : { ...written, leftAlone: [] }));
      },
    };
    const ran = await cameleer(routes, 'revert', 'abcd1111', '--tenant', 'acme', '--yes');
    expect(ran.code, ran.err()).toBe(0);
    expect(sent().at(-1)?.body).toEqual({ commit: full });
    expect(ran.out()).toContain('--include members reverts it too');
    await server?.close();
    const unasked = await cameleer(routes, 'revert', 'acme/prod', 'as', 'of', '2026-11-20', '--app', 'orders', '--take', 'x.yaml#/spec/a=keep');
    expect({ code: unasked.code, err: unasked.err() }).toMatchObject({ code: 4, err: expect.stringContaining('error: not_confirmed') as string });
    expect(sent().map(({ path, body }) => [path, body])).toEqual([['/api/v1/tenants/acme/reverts?dryRun=true', { asOf: '2026-11-20T23:59:59Z', environment: 'prod', application: 'orders', take: { 'x.yaml#/spec/a': 'keep' } }]]);
    await server?.close();
    const unknown = await cameleer(routes, 'revert', 'ffff1234', '--tenant', 'acme');
    expect({ code: unknown.code, err: unknown.err() }).toMatchObject({ code: 4, err: expect.stringContaining('error: unknown_revision') as string });
    expect(sent().every(({ method }) => method === 'GET')).toBe(true);
  });

  test.each([[['acme'], '/api/v1/tenants/acme'], [['--platform'], '/api/v1']])('plan %s takes ids as history prints them', async (whose, path) => {
    const [older, newer] = [`abcd${'1'.repeat(36)}`, `ef01${'2'.repeat(36)}`];
    const entries = [newer, older].map((commit) => ({ commit, parents: [], author: 'x', time: '2026-01-01T00:00:00Z', subject: 's', trailers: {}, signature: 'platform' }));
    const ran = await cameleer({ [`GET ${path}/history`]: { entries }, [`GET ${path}/plan`]: plan }, 'plan', ...whose, '--base', older.slice(0, 12), '--head', newer.slice(0, 7));
    expect(ran.code, ran.err()).toBe(0);
    expect(sent().at(-1)?.path).toContain(`?base=${older}&head=${newer}`);
  });

  test('a connection that ends without an answer is not called a control plane that is not there', async () => {
    const ran = await cameleer({ [`POST ${at}/restarts`]: (response) => { response.destroy(); } }, 'restart', 'acme/orders', '--env', 'dev');
    expect({ code: ran.code, err: ran.err() }).toMatchObject({ code: 3, err: expect.stringContaining('error: connection_lost') as string });
  });

  test('--dry-run shows the plan and says that nothing was written', async () => {
    const ran = await cameleer({ [`POST ${at}/promotions`]: { plan } }, 'promote', 'acme/orders', '--from', 'dev', '--to', 'dev', '--dry-run');
    expect(ran.code, ran.err()).toBe(0);
    expect(server?.received[0]?.path).toContain('dryRun=true');
    expect(ran.out()).toContain('nothing was written');
  });

  test('--wait ends when status and proof agree', async () => {
    let asked = 0;
    const ran = await cameleer({
      [`POST ${at}/deployments`]: written,
      [`GET ${at}/status`]: (response) => {
        asked += 1;
        response.end(JSON.stringify(asked === 1 ? { ...ready, observed: { health: 'progressing', reason: 'rollout', pods: [] } } : ready));
      },
      [`GET ${at}/proof`]: (response) => response.end(JSON.stringify({ live: asked > 2, links: [{ name: 'ready pods', state: asked > 2 ? 'ok' : 'missing' }] })),
    }, 'deploy', 'acme/orders', '--env', 'dev', '--release', 'v1', '--wait');
    expect(ran.code, ran.err()).toBe(0);
    expect(asked).toBe(3);
    expect(ran.err()).toContain('progressing: rollout');
    expect(ran.out()).toContain('v1 is live in dev');
  });

  test('--wait gives up in time', async () => {
    server = await fakeControlPlane({ [`POST ${at}/deployments`]: written, [`GET ${at}/status`]: { ...ready, observed: { health: 'progressing', pods: [] } } });
    let clock = 0;
    const memory = memoryIo({ env: { CAMELEER_URL: server.url, CAMELEER_TOKEN: 'cml_test' }, now: () => new Date((clock += 1000)) });
    expect(await run(['deploy', 'acme/orders', '--env', 'dev', '--release', 'v1', '--wait', '--timeout', '10s'], memory.io)).toBe(1);
    expect(memory.err()).toContain('error: timeout');
  });
});

describe('reads', () => {
  test('proof fails when it is not live', async () => {
    const ran = await cameleer({ [`GET ${at}/proof`]: { application: 'orders', environment: 'dev', live: false, links: [] } }, 'proof', 'acme/orders', '--env', 'dev', '--json');
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.out())).toMatchObject({ tenant: 'acme', live: false });
  });

  test('logs prints lines as they come and ends with the stream', async () => {
    const ran = await cameleer({
      [`GET ${at}/logs`]: (response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.write(`event: line\ndata: ${JSON.stringify({ pod: 'orders-1', time: '2026-01-02T03:04:05.678Z', text: 'started' })}\n\n`);
        response.end('event: end\ndata:\n\n');
      },
    }, 'logs', 'acme/orders', '--env', 'dev', '--tail', '5');
    expect(ran.out()).toBe('03:04:05.678 orders-1 started\n');
    expect(server?.received[0]?.path).toBe(`${at}/logs?tail=5`);
  });

  test('logs --follow connects again and does not repeat what it showed', async () => {
    let connections = 0;
    const line = (second: number): string => `event: line\ndata: ${JSON.stringify({ pod: 'p', time: `2026-01-02T03:04:0${second}.000Z`, text: `line ${second}` })}\n\n`;
    const ran = await cameleer({
      [`GET ${at}/logs`]: (response) => {
        connections += 1;
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        if (connections === 1) response.write(line(1) + line(2), () => response.destroy());
        else response.end(`${line(1)}${line(2)}${line(3)}event: end\ndata: {}\n\n`);
      },
    }, 'logs', 'acme/orders', '--env', 'dev', '-f');
    expect(ran.out().match(/line \d/g)).toEqual(['line 1', 'line 2', 'line 3']);
  });

  test('status --watch shows the whole first, then one line for each change', async () => {
    const event = (health: string): string => `event: status\ndata: ${JSON.stringify({ ...ready, observed: { ...ready.observed, health, reason: 'rollout', readyReplicas: 1 } })}\n\n`;
    const ran = await cameleer({
      [`GET ${at}/events`]: (response) => {
        response.writeHead(200, { 'Content-Type': 'text/event-stream' });
        response.end(`${event('ready')}${event('progressing')}${event('progressing')}${event('ready')}event: end\ndata:\n\n`);
      },
    }, 'status', 'acme/orders', '--env', 'dev', '--watch');
    expect(ran.out().split('\n\n')[1]).toBe('03:04:05 v1 progressing, 1 of 1 ready: rollout\n03:04:05 v1 ready, 1 of 1 ready\n');
  });

  test('get shows the file itself', async () => {
    const ran = await cameleer({ [`GET ${at}`]: (response, { headers }) => response.end(headers.accept === 'application/yaml' ? 'kind: AppDeployment # as written\n' : '{}') }, 'get', 'acme/orders', '--env', 'dev');
    expect(ran.out()).toBe('kind: AppDeployment # as written\n');
  });

  test('login finds the control plane of the data directory on its port, as every other verb does', async () => {
    server = await fakeControlPlane({ 'GET /api/v1/whoami': { subject: { kind: 'person', id: 'usr_a' } } });
    writeFileSync(join(folder, 'control-plane.json'), JSON.stringify({ pid: 1, url: server.url }));
    const login = memoryIo({ env: { HOME: folder, CAMELEER_DATA: folder }, stdin: 'cml_0123456789abcdef0123\n' });
    expect(await run(['login'], login.io), login.err()).toBe(0);
    expect(login.out()).toContain(`Signed in at ${server.url} as usr_a`);
  });

  test('login checks the token from standard input and saves it', async () => {
    server = await fakeControlPlane({ 'GET /api/v1/whoami': { subject: { kind: 'person', id: 'usr_x' }, operator: true } });
    const env = { CAMELEER_URL: server.url, CAMELEER_CONFIG: join(folder, 'config.json') };
    const login = memoryIo({ env, stdin: 'cml_0123456789abcdef0123\n' });
    expect(await run(['login'], login.io), login.err()).toBe(0);
    const who = memoryIo({ env });
    expect(await run(['whoami'], who.io), who.err()).toBe(0);
    expect(server.received[1]?.headers.authorization).toBe('Bearer cml_0123456789abcdef0123');
  });
});

describe('errors', () => {
  test.each([
    [401, 4], [403, 4], [404, 4], [409, 4], [412, 4], [422, 4], [500, 5], [503, 5],
  ])('an answer of %i ends with %i and a next step', async (status, code) => {
    const ran = await cameleer({ 'GET /api/v1/tenants': (response) => problem(response, status, { code: 'some_code', detail: 'Something.' }) }, 'get');
    expect(ran.code).toBe(code);
    expect(ran.err()).toMatch(/^error: some_code: Something\.\nnext: .+\n$/);
  });

  test.each([
    [['status', 'acm'], 'did you mean acme?'], [['status', 'acme/ordrs', '--env', 'dev'], 'did you mean acme/orders?'], [['proof', 'acme/orders', '--env', 'dve'], 'did you mean --env dev?'],
    [['proof', 'acme/orders', '--env', 'dev'], 'deploy it first: `cameleer deploy acme/orders --env dev --jar FILE`'],
  ])('%j: %s', async (argv, next) => {
    const ran = await cameleer({
      'GET /api/v1/tenants': { tenants: [{ tenant: 'acme' }, { tenant: 'globex' }] },
      'GET /api/v1/tenants/acme': { environments: [{ name: 'dev' }, { name: 'prod' }], applications: [{ name: 'orders' }] },
      [`GET ${at}/proof`]: (response) => problem(response, 404, { code: 'not_deployed', detail: 'Not here.' }),
    }, ...argv);
    expect(ran.err()).toContain(`next: ${next}\n`);
  });

  test('no control plane ends with 3, for a machine too', async () => {
    const memory = memoryIo({ env: { CAMELEER_URL: 'http://127.0.0.1:9', CAMELEER_TOKEN: 'cml_test' } });
    expect(await run(['get', '--json'], memory.io)).toBe(3);
    expect(JSON.parse(memory.err())).toMatchObject({ error: { code: 'not_reachable', exitCode: 3 } });
  });

  test('something that is no control plane', async () => {
    const ran = await cameleer({ 'GET /api/v1/tenants': (response) => response.end('<html>') }, 'get');
    expect(ran.code).toBe(5);
    expect(ran.err()).toContain('error: bad_answer');
  });

  test.each([
    [['deploi'], 'Did you mean deploy?'], [['status', 'acme', '--wach'], 'Did you mean --watch?'], [['deploy', 'acme', '--env', 'dev'], 'acme/orders'],
    [['deploy', 'acme/orders'], '--env'], [['scale', 'acme/orders', '-e', 'dev', '--replicas', 'x'], 'whole number'], [['config', 'set', 'acme/orders', '-e', 'dev', 'X'], 'KEY=VALUE'],
    [['deploy', 'acme/orders', '--env', 'dev'], '--jar'],
  ])('%j is wrong usage', async (argv, hint) => {
    const memory = memoryIo({ env: { CAMELEER_TOKEN: 'cml_test' } });
    expect(await run(argv, memory.io)).toBe(2);
    expect(memory.err()).toContain(hint);
    expect(memory.err()).toMatch(/\nnext: .+\n$/);
  });
});
