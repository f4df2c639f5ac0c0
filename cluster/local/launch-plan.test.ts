import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { planLaunch, type LaunchInput } from './launch-plan.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'cameleer-image-'));
  mkdirSync(join(root, 'app'));
  mkdirSync(join(root, 'cameleer/addons'), { recursive: true });
  writeFileSync(join(root, 'cameleer/addons/agent.jar'), '');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const input = (config: object, rest: Partial<LaunchInput> = {}): LaunchInput => ({
  image: { root, config }, java: '/usr/bin/java', env: {}, ports: { 8080: 20_001 }, mounts: {},
  container: { name: 'app', image: 'i', ports: [{ name: 'http', containerPort: 8080 }] }, ...rest,
});

test('maps the class path, the working directory and the agent into the unpacked image', () => {
  const plan = planLaunch(input(
    { Entrypoint: ['java'], Cmd: ['-cp', '/app/orders.jar:/cameleer/addons/*', 'com.acme.Main', '/no/such/file'], WorkingDir: '/app', Env: ['PATH=/opt/java/bin', 'TZ=UTC'] },
    { env: { JAVA_TOOL_OPTIONS: '-Xss1m -javaagent:/cameleer/addons/agent.jar=a=b -Dx=/app' } },
  ));
  expect(plan.command).toBe('/usr/bin/java');
  expect(plan.args).toEqual(['-cp', 'orders.jar:../cameleer/addons/*', 'com.acme.Main', '/no/such/file']);
  expect(plan.cwd).toBe(join(root, 'app'));
  expect(plan.env['JAVA_TOOL_OPTIONS']).toBe(`-Xss1m -javaagent:${root}/cameleer/addons/agent.jar=a=b -Dx=/app`);
  expect(plan.env['TZ']).toBe('UTC');
  expect(plan.env['PATH']).toBe(process.env['PATH']);
});

test('starts a JAR that can’t start by class path', () => {
  expect(planLaunch(input({ Entrypoint: ['java'], Cmd: ['-jar', '/app/app.jar'] })).args).toEqual(['-jar', `${root}/app/app.jar`]);
});

test.each([
  ['camel-main', '-Dcamel.server.port=20001 -Dcamel.server.host=127.0.0.1'],
  ['spring-boot', '-Dserver.port=20001 -Dserver.address=127.0.0.1'],
  ['quarkus', '-Dquarkus.http.port=20001 -Dquarkus.http.host=127.0.0.1'],
  ['plain', ''],
])('moves the port of %s, after the user’s own options', (runtime, expected) => {
  const plan = planLaunch(input({ Entrypoint: ['java'], Labels: { 'io.cameleer.runtime': runtime } }, { env: { JAVA_TOOL_OPTIONS: '-Dserver.port=9' } }));
  expect(plan.env['JAVA_TOOL_OPTIONS']).toBe(`-Dserver.port=9 ${expected}`.trim());
  expect(plan.env['SERVER_PORT']).toBe('20001');
});

test('without a declared port nothing is moved', () => {
  const plan = planLaunch(input({ Entrypoint: ['java'], Labels: { 'io.cameleer.runtime': 'camel-main' } }, { container: { name: 'app', image: 'i' }, ports: {} }));
  expect(plan.env).not.toHaveProperty('SERVER_PORT');
  expect(plan.env['JAVA_TOOL_OPTIONS']).toBe('');
});

test('a mounted folder’s path is replaced where it stands whole', () => {
  const { env } = planLaunch(input({ Entrypoint: ['java'] }, {
    env: { A: '/etc/db/password', B: 'file:/etc/db', C: '/etc/dbx/password', D: '/var/etc/db/password', E: '-Da=/etc/db/a -Db=/etc/db/tls/b' }, mounts: { '/etc/db': '/dev/shm/x', '/etc/db/tls': '/dev/shm/y' },
  }));
  expect(env).toMatchObject({ A: '/dev/shm/x/password', B: 'file:/dev/shm/x', C: '/etc/dbx/password', D: '/var/etc/db/password', E: '-Da=/dev/shm/x/a -Db=/dev/shm/y/b' });
});

test('a program that the image doesn’t contain can’t be started', () => {
  expect(() => planLaunch(input({ Entrypoint: ['/bin/sh'] }))).toThrow(expect.objectContaining({ reason: 'CreateContainerError' }));
  expect(() => planLaunch(input({}))).toThrow(expect.objectContaining({ reason: 'CreateContainerError' }));
});
