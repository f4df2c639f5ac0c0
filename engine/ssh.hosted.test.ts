import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openEngine } from './index.ts';
import type { Engine, EngineOptions } from './index.ts';
import { deployment, key, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import { startSshServer } from './testing/ssh-server.ts';
import type { SshServer } from './testing/ssh-server.ts';

let fixture: Fixture;
let host: SshServer;
let engine: Engine;
let a: string;

const options = (mirror: string, more: Partial<EngineOptions['remote']> = {}): EngineOptions => ({
  directory: join(fixture.folder, mirror),
  remote: { url: `${host.url}${fixture.directory}`, sshKeyFile: host.keyFile, knownHostsFile: host.knownHostsFile, deadlineMilliseconds: 6_000, stallMilliseconds: 3_000, ...more },
  signingKey: key.private,
  authorize: () => {},
  now: () => new Date(),
  pollMilliseconds: 500,
});

beforeAll(async () => {
  fixture = await makeFixture(3);
  a = fixture.state.tenantIds[0]!;
  host = await startSshServer(join(fixture.folder, 'ssh'));
  engine = await openEngine(options('mirror.git'));
});
afterAll(async () => {
  await engine.close();
  await host.close();
  await fixture.remove();
});

let counter = 0;
const write = (on = engine) => on.write(setField(deployment(a), ['spec', 'env', 'X'], String((counter += 1))));

test('a write over ssh is at the host before its answer, on what others pushed', async () => {
  const pushed = fixture.push({ 'README.md': null });
  const { base, commit } = await write();
  expect(base).toBe(pushed);
  expect(fixture.git(['rev-parse', 'main'])).toBe(commit);
  expect(fixture.git(['rev-parse', 'cells/local'])).toBe(engine.head().cells.get('local'));
});

test('a host that shows another key is not talked to', async () => {
  const other = join(fixture.folder, 'other-host');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', other]);
  const knownHostsFile = join(fixture.folder, 'other-hosts');
  writeFileSync(knownHostsFile, `[127.0.0.1]:${host.port} ${execFileSync('cat', [`${other}.pub`], { encoding: 'utf8' })}`);
  await expect(openEngine(options('x.git', { knownHostsFile }))).rejects.toMatchObject({ code: 'remote_host_unknown' });
  writeFileSync(knownHostsFile, '');
  await expect(openEngine(options('x.git', { knownHostsFile }))).rejects.toMatchObject({ code: 'remote_host_unknown' });
});

test('a key that the host does not take, and a repository that it lacks, are told apart', async () => {
  const sshKeyFile = join(fixture.folder, 'other-client');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', sshKeyFile]);
  await expect(openEngine(options('y.git', { sshKeyFile }))).rejects.toMatchObject({ code: 'remote_unauthorised' });
  await expect(openEngine(options('y.git', { url: `${host.url}/nothing.git` }))).rejects.toMatchObject({ code: 'remote_missing' });
});

test('while the host is away writes are refused, and go on when it is back', async () => {
  const config = join(fixture.folder, 'ssh', 'config');
  const { port } = host;
  await host.close();
  await expect(write()).rejects.toMatchObject({ code: 'remote_unavailable' });
  const { spawn } = await import('node:child_process');
  const sshd = spawn('/usr/sbin/sshd', ['-D', '-f', config], { stdio: 'ignore' });
  try {
    await vi.waitFor(async () => expect((await write()).changed).toBe(true), { timeout: 20_000, interval: 500 });
    expect(port).toBe(host.port);
  } finally {
    sshd.kill('SIGTERM');
  }
}, 60_000);
