import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../run.ts';
import { problem } from '../testing/fake-control-plane.ts';
import { memoryIo } from '../testing/memory-io.ts';
import { deployment, OnlineCli, orders, plan, ready, written } from '../testing/online-cli.ts';

let cli: OnlineCli;
beforeEach(() => { cli = new OnlineCli(); });
afterEach(() => cli.close());

test('deploy uploads the bytes as they are, then deploys the release that they became', async () => {
  const jar = Buffer.alloc(300_000, 7);
  writeFileSync(join(cli.folder, 'x.jar'), jar);
  const ran = await cli.run({
    'POST /api/v1/tenants/acme/apps/orders/releases': { ...written, release: { metadata: { name: 'v4' }, spec: { runtime: { launch: 'jar' } } }, created: true },
    [`POST ${orders}/deployments`]: written,
  }, 'deploy', 'acme/orders', '--env', 'dev', '--jar', 'x.jar', '--release', 'v4');
  expect(ran.code, ran.err()).toBe(0);
  const [upload, deploy] = cli.received ?? [];
  expect(upload?.body.equals(jar)).toBe(true);
  expect(upload?.path).toBe('/api/v1/tenants/acme/apps/orders/releases?environment=dev');
  expect(upload?.headers).toMatchObject({ authorization: 'Bearer cml_test', 'content-type': 'application/java-archive', 'cameleer-release': 'v4', 'cameleer-door': 'cli', 'idempotency-key': 'id-1' });
  expect(JSON.parse(deploy?.body.toString() ?? '')).toEqual({ release: 'v4' });
  expect(ran.err()).toContain('100 %');
  expect(ran.err()).toContain('starts by -jar');
  expect(ran.out()).toContain('Deployed acme/orders v4 to dev (commit bbbbbbbbbbbb)');
});

test('scale asks for no more pods than a deployment may have', async () => {
  const asked = (replicas: string) => cli.run({}, 'scale', 'acme/orders', '--env', 'dev', '--replicas', replicas);
  expect((await asked('101')).code).toBe(2);
  expect((await asked('100')).code).not.toBe(2);
});

test('an upload refused before its end shows the refusal, not the broken connection', async () => {
  writeFileSync(join(cli.folder, 'x.jar'), Buffer.alloc(20_000_000));
  const early = createServer((_request, response) => {
    problem(response, 413, { code: 'jar_too_large', detail: 'It is too large.' });
    response.socket?.end();
  });
  await new Promise<void>((resolve) => early.listen(0, '127.0.0.1', resolve));
  const { port } = early.address() as { port: number };
  const memory = memoryIo({ env: { CAMELEER_URL: `http://127.0.0.1:${port}`, CAMELEER_TOKEN: 'cml_test' }, cwd: cli.folder });
  const code = await run(['deploy', 'acme/orders', '--env', 'dev', '--jar', 'x.jar'], memory.io);
  early.closeAllConnections();
  early.close();
  expect({ code, code2: /^error: (\w+)/.exec(memory.err().slice(memory.err().indexOf('error:')))?.[1] }).toEqual({ code: 4, code2: 'jar_too_large' });
  expect(memory.err()).toMatch(/next: .*higher tier/);
});

test('a dry run of what would be refused fails, and does not say to do it', async () => {
  const refused = { ...plan, summary: { ...plan.summary, errors: 1 }, problems: [{ path: 'x.yaml', line: 1, column: 1, pointer: '', severity: 'error', code: 'field_range', message: 'Change it.' }] };
  const ran = await cli.run({ [`GET ${orders}`]: deployment, [`PATCH ${orders}`]: refused }, 'scale', 'acme/orders', '--env', 'dev', '--replicas', '100', '--dry-run');
  expect({ code: ran.code, told: ran.out().includes('leave out --dry-run'), hash: ran.out().includes(`plan ${plan.hash}`) }).toEqual({ code: 1, told: false, hash: false });
  const good = await cli.run({ [`GET ${orders}`]: deployment, [`PATCH ${orders}`]: plan }, 'scale', 'acme/orders', '--env', 'dev', '--replicas', '2', '--dry-run');
  expect({ code: good.code, told: good.out().includes('leave out --dry-run') }).toEqual({ code: 0, told: true });
});

test('configuration is a merge patch on the condition that nobody changed it', async () => {
  const ran = await cli.run({ [`GET ${orders}`]: deployment, [`PATCH ${orders}`]: written }, 'config', 'set', 'acme/orders', '--env', 'dev', 'A=1', 'B=x=y', '--property', 'p.q=r', '--jvm-option=-Xss512k', '--jvm-option=-Xmx1g');
  expect(ran.code, ran.err()).toBe(0);
  expect(cli.sent()[1]?.body).toEqual({ spec: { env: { A: '1', B: 'x=y' }, properties: { 'p.q': 'r' }, jvmOptions: ['-Xss512k', '-XX:+UseZGC', '-Xmx1g'] } });
  expect(cli.received[1]?.headers).toMatchObject({ 'if-match': '"e1"', 'content-type': 'application/merge-patch+json' });
});

test('unset removes by null, and JVM options by value', async () => {
  await cli.run({ [`GET ${orders}`]: deployment, [`PATCH ${orders}`]: written }, 'config', 'unset', 'acme/orders', '--env', 'dev', 'A', '-p', 'p.q', '--jvm-option=-Xss512k');
  expect(cli.sent()[1]?.body).toEqual({ spec: { env: { A: null }, properties: { 'p.q': null }, jvmOptions: ['-XX:+UseZGC'] } });
});

test.each([
  [['scale', 'acme/orders', '-e', 'dev', '--replicas', '3'], { spec: { replicas: 3 } }],
  [['stop', 'acme/orders', '-e', 'dev'], { spec: { stopped: true } }],
  [['start', 'acme/orders', '-e', 'dev'], { spec: { stopped: null } }],
])('%j', async (argv, patch) => {
  expect((await cli.run({ [`GET ${orders}`]: deployment, [`PATCH ${orders}`]: written }, ...argv)).code).toBe(0);
  expect(cli.sent()[1]?.body).toEqual(patch);
});

test('a connection that ends without an answer is not called a control plane that is not there', async () => {
  const ran = await cli.run({ [`POST ${orders}/restarts`]: (response) => { response.destroy(); } }, 'restart', 'acme/orders', '--env', 'dev');
  expect({ code: ran.code, err: ran.err() }).toMatchObject({ code: 3, err: expect.stringContaining('error: connection_lost') as string });
});

test('--dry-run shows the plan and says that nothing was written', async () => {
  const ran = await cli.run({ [`POST ${orders}/promotions`]: { plan } }, 'promote', 'acme/orders', '--from', 'dev', '--to', 'dev', '--dry-run');
  expect(ran.code, ran.err()).toBe(0);
  expect(cli.received[0]?.path).toContain('dryRun=true');
  expect(ran.out()).toContain('nothing was written');
});

test('--wait ends when status and proof agree', async () => {
  let asked = 0;
  const ran = await cli.run({
    [`POST ${orders}/deployments`]: written,
    [`GET ${orders}/status`]: (response) => {
      asked += 1;
      response.end(JSON.stringify(asked === 1 ? { ...ready, observed: { health: 'progressing', reason: 'rollout', pods: [] } } : ready));
    },
    [`GET ${orders}/proof`]: (response) => response.end(JSON.stringify({ live: asked > 2, links: [{ name: 'ready pods', state: asked > 2 ? 'ok' : 'missing' }] })),
  }, 'deploy', 'acme/orders', '--env', 'dev', '--release', 'v1', '--wait');
  expect(ran.code, ran.err()).toBe(0);
  expect(asked).toBe(3);
  expect(ran.err()).toContain('progressing: rollout');
  expect(ran.out()).toContain('v1 is live in dev');
});

test('--wait gives up in time', async () => {
  await cli.serve({ [`POST ${orders}/deployments`]: written, [`GET ${orders}/status`]: { ...ready, observed: { health: 'progressing', pods: [] } } });
  let clock = 0;
  const ran = await cli.again(['deploy', 'acme/orders', '--env', 'dev', '--release', 'v1', '--wait', '--timeout', '10s'], { now: () => new Date((clock += 1000)) });
  expect(ran.code).toBe(1);
  expect(ran.err()).toContain('error: timeout');
});

test('--wait does not wait for what the control plane that it asks can not see', async () => {
  await cli.serve({ [`POST ${orders}/deployments`]: written, [`GET ${orders}/status`]: { ...ready, observed: { health: 'unknown', reason: 'not_watched', pods: [] } } });
  const ran = await cli.again(['deploy', 'acme/orders', '--env', 'dev', '--release', 'v1', '--wait']);
  expect(ran.code).toBe(1);
  expect(ran.err()).toContain('error: not_watched');
});
