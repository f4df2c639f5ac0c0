import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createEnvironmentKey, encryptSecret, generateAgeKey, type AgeKey } from '../../secrets/index.ts';
import { parse } from 'yaml';
import { deployment, NAMESPACE, revisionOf, until, workplace, type FakeApp, type Workplace } from './testing/fake-cell.ts';
import { ask, condition, podsOf } from './testing/look.ts';

// Each test starts several processes.
vi.setConfig({ testTimeout: 60_000 });

let place: Workplace;
let cell: AgeKey;
let texts: Record<string, string>;
const PASSWORD = 'a word that must not be found';

beforeEach(async () => {
  place = await workplace();
  cell = await generateAgeKey();
  const other = await generateAgeKey();
  const key = await createEnvironmentKey({
    tenant: 'acme', environment: 'dev', cell: 'local', cellRecipient: cell.recipient, breakGlassRecipient: other.recipient, keyEncryptionRecipient: other.recipient, now: new Date(),
  });
  const manifest = (parse(key.text) as { spec: { cellSecret: { manifest: string } } }).spec.cellSecret.manifest;
  texts = {
    'tenants/ac/acme/_tenant/cameleer-system.secret.age-acme--dev.yaml': manifest,
    'tenants/ac/acme/dev/secret.db.yaml': await encryptSecret({ name: 'db', namespace: NAMESPACE, stringData: { password: PASSWORD, user: 'orders' }, recipients: [key.recipient, other.recipient], now: new Date() }),
  };
});
afterEach(() => place.remove());

const asVariable: FakeApp = { container: { env: [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: 'db', key: 'password' } } }] } };

test('a secret reaches its pod’s environment, opened with the environment’s key, and no file', async () => {
  const runner = await place.open({ identities: () => Promise.resolve([cell.identity]) });
  await runner.apply(revisionOf([deployment(place.image, asVariable)], texts));
  const pod = await until(() => podsOf(runner).find((candidate) => candidate.ready), 'ready');
  expect((await ask(pod.port)).env['DB_PASSWORD']).toBe(PASSWORD);
  expect(execFileSync('sh', ['-c', `grep -rl '${PASSWORD}' '${dirname(place.directory)}' || true`], { encoding: 'utf8' })).toBe('');
  expect(JSON.stringify(runner.list({}))).not.toContain(PASSWORD);
  expect(runner.list({ kind: 'Secret', name: 'db' })[0]).not.toHaveProperty('stringData');
});

test('a mounted secret is a private folder in memory, gone with its pod', async () => {
  const runner = await place.open({ identities: () => Promise.resolve([cell.identity]) });
  const app: FakeApp = {
    pod: { volumes: [{ name: 'secret-db', secret: { secretName: 'db' } }] },
    container: { volumeMounts: [{ name: 'secret-db', mountPath: '/etc/db' }], env: [{ name: 'DB_FILE', value: 'file:/etc/db/password' }, { name: 'OTHER', value: '/etc/db2' }] },
  };
  await runner.apply(revisionOf([deployment(place.image, app)], texts));
  const pod = await until(() => podsOf(runner).find((candidate) => candidate.ready), 'ready');
  const { env } = await ask(pod.port);
  const path = env['DB_FILE']!.slice('file:'.length);
  expect(path).toMatch(/^\/dev\/shm\//);
  expect(env['OTHER']).toBe('/etc/db2');
  expect(await (await fetch(`http://127.0.0.1:${pod.port}/file?path=${path}`)).text()).toBe(PASSWORD);
  expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
  expect(statSync(path).mode & 0o777).toBe(0o400);
  expect(condition(runner, 'Deployment', 'orders', 'cameleer.io/MountsMapped')?.status).toBe('True');
  await runner.apply(revisionOf([]));
  await until(() => podsOf(runner).length === 0, 'the end');
  expect(existsSync(dirname(dirname(dirname(path))))).toBe(false);
});

test.each([
  ['the cell’s key is another', { identities: true, secret: 'db', key: 'password' }],
  ['there is no such Secret', { identities: false, secret: 'database', key: 'password' }],
  ['there is no such key', { identities: false, secret: 'db', key: 'passwort' }],
])('%s: CreateContainerConfigError, and nothing is started', async (_what, { identities, secret, key }) => {
  const stranger = await generateAgeKey();
  const runner = await place.open({ identities: () => Promise.resolve([identities ? stranger.identity : cell.identity]) });
  await runner.apply(revisionOf([deployment(place.image, { container: { env: [{ name: 'DB_PASSWORD', valueFrom: { secretKeyRef: { name: secret, key } } }] } })], texts));
  const pod = await until(() => podsOf(runner).find((candidate) => candidate.waiting === 'CreateContainerConfigError'), 'the reason');
  expect(condition(runner, 'Deployment', 'orders', 'ReplicaFailure')?.reason).toBe('CreateContainerConfigError');
  expect(pod.restarts).toBe(0);
  for (const uid of readdirSync(join(place.directory, 'pods'))) expect(readFileSync(join(place.directory, 'pods', uid, 'raw'), 'utf8')).toBe('');
});
