import { afterEach, beforeEach, expect, test } from 'vitest';
import { OnlineCli, orders, plan, ready } from '../testing/online-cli.ts';

let cli: OnlineCli;
beforeEach(() => { cli = new OnlineCli(); });
afterEach(() => cli.close());

test.each([[['acme'], '/api/v1/tenants/acme'], [['--platform'], '/api/v1']])('plan %s takes ids as history prints them', async (whose, path) => {
  const [older, newer] = [`abcd${'1'.repeat(36)}`, `ef01${'2'.repeat(36)}`];
  const entries = [newer, older].map((commit) => ({ commit, parents: [], author: 'x', time: '2026-01-01T00:00:00Z', subject: 's', trailers: {}, signature: 'platform' }));
  const ran = await cli.run({ [`GET ${path}/history`]: { entries }, [`GET ${path}/plan`]: plan }, 'plan', ...whose, '--base', older.slice(0, 12), '--head', newer.slice(0, 7));
  expect(ran.code, ran.err()).toBe(0);
  expect(cli.sent().at(-1)?.path).toContain(`?base=${older}&head=${newer}`);
});

test('proof fails when it is not live', async () => {
  const ran = await cli.run({ [`GET ${orders}/proof`]: { application: 'orders', environment: 'dev', live: false, links: [] } }, 'proof', 'acme/orders', '--env', 'dev', '--json');
  expect(ran.code).toBe(1);
  expect(JSON.parse(ran.out())).toMatchObject({ tenant: 'acme', live: false });
});

test('logs prints lines as they come and ends with the stream', async () => {
  const ran = await cli.run({
    [`GET ${orders}/logs`]: (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(`event: line\ndata: ${JSON.stringify({ pod: 'orders-1', time: '2026-01-02T03:04:05.678Z', text: 'started' })}\n\n`);
      response.end('event: end\ndata:\n\n');
    },
  }, 'logs', 'acme/orders', '--env', 'dev', '--tail', '5');
  expect(ran.out()).toBe('03:04:05.678 orders-1 started\n');
  expect(cli.received[0]?.path).toBe(`${orders}/logs?tail=5`);
});

test('logs --follow connects again and does not repeat what it showed', async () => {
  let connections = 0;
  const line = (second: number): string => `event: line\ndata: ${JSON.stringify({ pod: 'p', time: `2026-01-02T03:04:0${second}.000Z`, text: `line ${second}` })}\n\n`;
  const ran = await cli.run({
    [`GET ${orders}/logs`]: (response) => {
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
  const ran = await cli.run({
    [`GET ${orders}/events`]: (response) => {
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.end(`${event('ready')}${event('progressing')}${event('progressing')}${event('ready')}event: end\ndata:\n\n`);
    },
  }, 'status', 'acme/orders', '--env', 'dev', '--watch');
  expect(ran.out().split('\n\n')[1]).toBe('03:04:05 v1 progressing, 1 of 1 ready: rollout\n03:04:05 v1 ready, 1 of 1 ready\n');
});

test('get shows the file itself', async () => {
  const ran = await cli.run({ [`GET ${orders}`]: (response, { headers }) => response.end(headers.accept === 'application/yaml' ? 'kind: AppDeployment # as written\n' : '{}') }, 'get', 'acme/orders', '--env', 'dev');
  expect(ran.out()).toBe('kind: AppDeployment # as written\n');
});
