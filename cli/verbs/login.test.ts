import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { run } from '../run.ts';
import { memoryIo } from '../testing/memory-io.ts';
import { OnlineCli } from '../testing/online-cli.ts';

let cli: OnlineCli;
beforeEach(() => { cli = new OnlineCli(); });
afterEach(() => cli.close());

test('login finds the control plane of the data directory on its port, as every other verb does', async () => {
  const server = await cli.serve({ 'GET /api/v1/whoami': { subject: { kind: 'person', id: 'usr_a' } } });
  writeFileSync(join(cli.folder, 'control-plane.json'), JSON.stringify({ pid: 1, url: server.url }));
  const login = memoryIo({ env: { HOME: cli.folder, CAMELEER_DATA: cli.folder }, stdin: 'cml_0123456789abcdef0123\n' });
  expect(await run(['login'], login.io), login.err()).toBe(0);
  expect(login.out()).toContain(`Signed in at ${server.url} as usr_a`);
});

test('login checks the token from standard input and saves it', async () => {
  const server = await cli.serve({ 'GET /api/v1/whoami': { subject: { kind: 'person', id: 'usr_x' }, operator: true } });
  const env = { CAMELEER_URL: server.url, CAMELEER_CONFIG: join(cli.folder, 'config.json') };
  const login = memoryIo({ env, stdin: 'cml_0123456789abcdef0123\n' });
  expect(await run(['login'], login.io), login.err()).toBe(0);
  const who = memoryIo({ env });
  expect(await run(['whoami'], who.io), who.err()).toBe(0);
  expect(server.received[1]?.headers.authorization).toBe('Bearer cml_0123456789abcdef0123');
});
