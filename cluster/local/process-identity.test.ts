import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { findMarked, hasMark, isRunning, listeningPorts, startTimeOf } from './process-identity.ts';

test('a process is told apart by its start, and its mark is found', async () => {
  const child = spawn('sleep', ['60'], { env: { PATH: process.env['PATH'], CAMELEER_TEST: 'a mark', OTHER: 'x' } });
  await once(child, 'spawn');
  const identity = { pid: child.pid!, startTime: startTimeOf(child.pid!)! };
  expect(isRunning(identity)).toBe(true);
  expect(isRunning({ ...identity, startTime: 'another' })).toBe(false);
  expect(hasMark(identity.pid, 'CAMELEER_TEST', 'a mark')).toBe(true);
  expect(hasMark(identity.pid, 'CAMELEER_TEST', 'a')).toBe(false);
  expect(findMarked('CAMELEER_TEST', 'a mark', 'OTHER')).toEqual([{ pid: identity.pid, value: 'x' }]);
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(isRunning(identity)).toBe(false);
});

test('the ports that a process listens on', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  expect(listeningPorts(process.pid)?.has(port)).toBe(true);
  expect(listeningPorts(1)?.has(port) ?? false).toBe(false);
  await new Promise((resolve) => server.close(resolve));
  expect(listeningPorts(process.pid)?.has(port)).toBe(false);
});
