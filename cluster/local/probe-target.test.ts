import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { probeTarget } from './probe-target.ts';
import { Prober } from './prober.ts';
import { until } from './testing/fake-cell.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function serve(answer: (path: string) => number | undefined): Promise<number> {
  server = createServer((request, response) => {
    const status = answer(request.url ?? '');
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server!.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

test('HTTP: 200 to 399 pass, anything else fails with a reason, silence ends after the timeout', async () => {
  const port = await serve((path) => ({ '/ok': 204, '/moved': 302, '/bad': 500, '/gone': 404 })[path]);
  const probe = (path: string) => probeTarget({ httpGet: { path, port }, timeoutSeconds: 0.2 }, port);
  expect(await probe('/ok')).toBeUndefined();
  expect(await probe('/moved')).toBeUndefined();
  expect(await probe('/bad')).toContain('500');
  expect(await probe('/gone')).toContain('404');
  expect(await probe('/silent')).toContain('200 ms');
});

test('TCP: a listening port passes, a closed one fails', async () => {
  const port = await serve(() => 200);
  expect(await probeTarget({ tcpSocket: { port } }, port)).toBeUndefined();
  await new Promise((resolve) => server!.close(resolve));
  expect(await probeTarget({ tcpSocket: { port } }, port)).toContain('ECONNREFUSED');
});

test('thresholds: so many failures in a row on the period, so many successes', async () => {
  let status = 200;
  const port = await serve(() => status);
  const seen: string[] = [];
  const prober = new Prober({
    probe: { httpGet: { path: '/', port }, periodSeconds: 0.05, failureThreshold: 3, successThreshold: 2 },
    port: () => port, eagerMs: 10, onSuccess: () => seen.push('up'), onFailure: () => seen.push('down'),
  });
  await until(() => seen.length === 1, 'up');
  status = 500;
  const from = performance.now();
  await until(() => seen.length === 2, 'down');
  expect(performance.now() - from).toBeGreaterThan(90);
  status = 200;
  await until(() => seen.length === 3, 'up again');
  prober.stop();
  expect(seen).toEqual(['up', 'down', 'up']);
});
