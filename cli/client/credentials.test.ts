import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { configurationPath, findCredentials, normaliseUrl, readConfiguration, writeConfiguration } from './credentials.ts';

let home = '';
let data = '';
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'cameleer-cli-'));
  data = join(home, 'var');
  mkdirSync(join(data, 'keys'), { recursive: true });
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const env = (more: Record<string, string> = {}): Record<string, string> => ({ HOME: home, ...more });
const local = 'http://127.0.0.1:8700';

function leaveToken(mode: number): void {
  writeFileSync(join(data, 'keys/cli-token'), 'cml_left\n');
  chmodSync(join(data, 'keys/cli-token'), mode);
}

test('the saved file is the user’s alone and comes back as it was', async () => {
  const configuration = { current: local, servers: { [local]: { token: 'cml_saved' } } };
  await writeConfiguration(env(), configuration);
  expect(statSync(configurationPath(env())).mode & 0o777).toBe(0o600);
  expect(await readConfiguration(env())).toEqual(configuration);
});

test('a file that others may read is refused, not used', async () => {
  await writeConfiguration(env(), { servers: {} });
  chmodSync(configurationPath(env()), 0o644);
  await expect(readConfiguration(env())).rejects.toMatchObject({ code: 'credential_file_unsafe' });
  leaveToken(0o640);
  chmodSync(configurationPath(env()), 0o600);
  await expect(findCredentials(env(), data, undefined)).rejects.toMatchObject({ code: 'credential_file_unsafe' });
});

test('environment before saved before left by the start; the last one for this machine only', async () => {
  leaveToken(0o600);
  expect(await findCredentials(env(), data, undefined)).toEqual({ url: local, token: 'cml_left', source: 'data directory' });
  expect(await findCredentials(env({ CAMELEER_URL: 'https://cameleer.example' }), data, undefined)).toEqual({ url: 'https://cameleer.example', source: 'none' });
  await writeConfiguration(env(), { servers: { [local]: { token: 'cml_saved' } } });
  expect(await findCredentials(env(), data, undefined)).toMatchObject({ token: 'cml_saved' });
  expect(await findCredentials(env({ CAMELEER_TOKEN: 'cml_env' }), data, undefined)).toMatchObject({ token: 'cml_env' });
});

test('a control plane on another port is found by its data directory', async () => {
  writeFileSync(join(data, 'control-plane.json'), JSON.stringify({ pid: 1, url: 'http://127.0.0.1:40123' }));
  leaveToken(0o600);
  expect(await findCredentials(env(), data, undefined)).toMatchObject({ url: 'http://127.0.0.1:40123', token: 'cml_left' });
  expect(await findCredentials(env({ CAMELEER_URL: 'localhost:40123' }), data, undefined)).toMatchObject({ token: 'cml_left' });
  // Whoever listens on another port of this machine does not get the token.
  expect(await findCredentials(env({ CAMELEER_URL: local }), data, undefined)).toEqual({ url: local, source: 'none' });
});

test('a token never goes over a network in clear', () => {
  expect(() => normaliseUrl('http://cameleer.example')).toThrow(expect.objectContaining({ code: 'insecure_address' }) as Error);
  expect(() => normaliseUrl('http://127.0.0.1.evil.example')).toThrow(expect.objectContaining({ code: 'insecure_address' }) as Error);
  expect(() => normaliseUrl('ftp://x')).toThrow(expect.objectContaining({ code: 'usage' }) as Error);
  expect(['localhost:8700', 'http://[::1]:1/x', 'https://cameleer.example/'].map(normaliseUrl)).toEqual(['http://localhost:8700', 'http://[::1]:1', 'https://cameleer.example']);
});
