import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../run.ts';
import { problem } from '../testing/fake-control-plane.ts';
import { memoryIo } from '../testing/memory-io.ts';
import { OnlineCli, orders } from '../testing/online-cli.ts';

let cli: OnlineCli;
beforeEach(() => { cli = new OnlineCli(); });
afterEach(() => cli.close());

test.each([
  [401, 4], [403, 4], [404, 4], [409, 4], [412, 4], [422, 4], [500, 5], [503, 5],
])('an answer of %i ends with %i and a next step', async (status, code) => {
  const ran = await cli.run({ 'GET /api/v1/tenants': (response) => problem(response, status, { code: 'some_code', detail: 'Something.' }) }, 'get');
  expect(ran.code).toBe(code);
  expect(ran.err()).toMatch(/^error: some_code: Something\.\nnext: .+\n$/);
});

test.each([
  [['status', 'acm'], 'did you mean acme?'], [['status', 'acme/ordrs', '--env', 'dev'], 'did you mean acme/orders?'], [['proof', 'acme/orders', '--env', 'dve'], 'did you mean --env dev?'],
  [['proof', 'acme/orders', '--env', 'dev'], 'deploy it first: `cameleer deploy acme/orders --env dev --jar FILE`'],
])('%j: %s', async (argv, next) => {
  const ran = await cli.run({
    'GET /api/v1/tenants': { tenants: [{ tenant: 'acme' }, { tenant: 'globex' }] },
    'GET /api/v1/tenants/acme': { environments: [{ name: 'dev' }, { name: 'prod' }], applications: [{ name: 'orders' }] },
    [`GET ${orders}/proof`]: (response) => problem(response, 404, { code: 'not_deployed', detail: 'Not here.' }),
  }, ...argv);
  expect(ran.err()).toContain(`next: ${next}\n`);
});

test('no control plane ends with 3, for a machine too', async () => {
  const memory = memoryIo({ env: { CAMELEER_URL: 'http://127.0.0.1:9', CAMELEER_TOKEN: 'cml_test' } });
  expect(await run(['get', '--json'], memory.io)).toBe(3);
  expect(JSON.parse(memory.err())).toMatchObject({ error: { code: 'not_reachable', exitCode: 3 } });
});

test('something that is no control plane', async () => {
  const ran = await cli.run({ 'GET /api/v1/tenants': (response) => response.end('<html>') }, 'get');
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
