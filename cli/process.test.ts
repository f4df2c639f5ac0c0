import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { fakeControlPlane } from './testing/fake-control-plane.ts';

const execute = promisify(execFile);
const main = join(import.meta.dirname, 'cameleer.js');
const demo = join(import.meta.dirname, 'demo.js');

test('the bin can be run by itself and by npm’s link', async () => {
  expect(statSync(main).mode & 0o777).toBe(0o755);
  expect(readFileSync(main, 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  const { stdout } = await execute(process.execPath, [main, '--version']);
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('a reader that stops early is no error', async () => {
  const { stdout, stderr } = await execute('sh', ['-c', '"$0" "$1" --help | head -n 1; "$0" "$1" --help >/dev/full || true', process.execPath, main]);
  expect(stdout).toMatch(/^Usage: cameleer/);
  expect(stderr).not.toContain('EPIPE');
});

test('SIGINT ends a following command with 130, and closes its connection', async () => {
  let closed: () => void = () => undefined;
  const gone = new Promise<void>((resolve) => { closed = resolve; });
  const server = await fakeControlPlane({
    'GET /api/v1/tenants/acme/environments/dev/apps/orders/logs': (response) => {
      response.on('close', () => { closed(); });
      response.writeHead(200, { 'Content-Type': 'text/event-stream' });
      response.write(`event: line\ndata: ${JSON.stringify({ pod: 'p', time: '2026-01-02T03:04:05.000Z', text: 'hello' })}\n\n`);
    },
  });
  try {
    const child = spawn(process.execPath, [main, 'logs', 'acme/orders', '--env', 'dev', '-f'], { env: { ...process.env, CAMELEER_URL: server.url, CAMELEER_TOKEN: 'cml_test' }, stdio: ['ignore', 'pipe', 'pipe'] });
    const [first] = (await once(child.stdout, 'data')) as [Buffer];
    expect(first.toString()).toContain('hello');
    child.kill('SIGINT');
    const [code] = (await once(child, 'exit')) as [number];
    expect(code).toBe(130);
    await gone;
  } finally {
    await server.close();
  }
});

test('the demo says what the machine lacks', async () => {
  const failed = await execute(process.execPath, [demo], { env: { PATH: '/nonexistent' } }).then(() => undefined, (error: unknown) => error as { code: number; stderr: string });
  expect(failed?.stderr).toMatch(/error: requirement_missing: .*JDK.*Maven/);
  expect(failed?.stderr).toMatch(/\nnext: .+\n$/);
});
