import { appendFile, cp, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { deployment, key, makeFixture, setField } from '../../engine/testing/fixture.ts';
import type { Fixture } from '../../engine/testing/fixture.ts';
import { openEngine } from '../../engine/index.ts';
import { createPerson, listAudit, openLedger, recordAudit, unfinishedAudit } from '../../ledger/index.ts';
import type { Ledger } from '../../ledger/index.ts';
import { generateAgeKey } from '../../secrets/index.ts';
import { reconcileAudit } from '../reconcile-audit.ts';
import { backupFileOf, withBackupFolder } from './archive.ts';
import { createBackup } from './create-backup.ts';
import { restoreBackup } from './restore-backup.ts';

const logger = { info: () => {}, warn: () => {}, error: () => {} };
const person = 'usr_aaaaaaaaaaaaaaaa';
let fixture: Fixture;
let ledger: Ledger;
let place: string;

beforeAll(async () => {
  fixture = await makeFixture(3);
  ledger = await openLedger({ directory: join(fixture.folder, 'ledger') });
  await createPerson(ledger, { id: person, displayName: 'Owner "of" acme\n#1' });
  await mkdir(join(fixture.folder, 'keys'));
  await writeFile(join(fixture.folder, 'keys/state'), key.private);
  const engine = await fixture.open();
  await engine.close();
});
afterAll(async () => {
  await ledger.close();
  await fixture.remove();
});
beforeEach(async () => {
  place = await mkdtemp(join(tmpdir(), 'cameleer-backup-'));
});
afterEach(async () => {
  await rm(place, { recursive: true, force: true });
});

const source = () => ({ ledger, stateRepository: fixture.directory, keys: join(fixture.folder, 'keys'), signingKey: key.private, now: () => new Date() });
const folder = () => join(place, 'backup');
const restore = (more: Partial<Parameters<typeof restoreBackup>[0]> = {}) => restoreBackup({ folder: folder(), directory: join(place, 'data'), signers: [key.public], ...more });
const entry = (requestId: string, phase: 'intended' | 'done', commit?: string) => ({ chain: 'acme', requestId, action: 'app.configure', actor: person, door: 'api' as const, phase, ...(commit === undefined ? {} : { commit }) });

test('taken while writes go on, it is a consistent pair: what the ledger calls done is in Git, and the start settles the rest', { timeout: 60_000 }, async () => {
  const engine = await fixture.open();
  const stopped = new AbortController();
  const [tenant = ''] = fixture.state.tenantIds;
  const writer = async (name: string) => {
    for (let turn = 0; !stopped.signal.aborted; turn += 1) {
      const requestId = `${name}-${turn}`;
      await recordAudit(ledger, entry(requestId, 'intended'));
      const { commit } = await engine.write(setField(deployment(tenant), ['spec', 'env', `W_${name}`], String(turn), { requestId }));
      await recordAudit(ledger, entry(requestId, 'done', commit));
    }
  };
  const writers = Promise.all(['a', 'b', 'c'].map(writer));
  await new Promise((resolve) => {
    setTimeout(resolve, 300);
  });
  await createBackup(source(), folder());
  stopped.abort();
  await writers;
  await engine.close();
  const report = await restore();
  expect(report).toMatchObject({ signature: 'trusted', audit: { chains: 1 }, keys: 0, keysSealed: false });
  expect(report.cells.map(({ state }) => state).filter((state) => state !== 'equal' && state !== 'behind')).toEqual([]);
  expect(report.missingImages.length).toBeGreaterThan(0);

  const restored = await openLedger({ directory: join(place, 'data/ledger') });
  const again = await openEngine({ directory: join(place, 'data/state.git'), signingKey: key.private, authorize: () => {}, now: () => new Date() });
  await reconcileAudit({ ledger: restored, engine: again, logger });
  expect(await unfinishedAudit(restored)).toEqual([]);
  const records = await listAudit(restored, { chain: 'acme', limit: 1000 });
  const done = records.filter(({ phase }) => phase === 'done');
  expect(done.length).toBeGreaterThan(2);
  for (const { commit } of done) expect(await again.isOnMain(commit ?? '')).toBe(true);
  await again.close();
  await restored.close();
});

test('as one file, with the keys for who holds the age key, and for nobody else', async () => {
  const age = await generateAgeKey();
  await createBackup(source(), folder(), { recipient: age.recipient });
  const file = join(place, 'backup.tar');
  await backupFileOf(folder(), file);
  expect(existsSync(folder())).toBe(false);
  expect((await readFile(file, 'latin1')).includes(key.private.slice(80, 120))).toBe(false);
  const into = (name: string, identities: readonly string[]) => withBackupFolder(file, (unpacked) => restoreBackup({ folder: unpacked, directory: join(place, name), signers: [], identities }));
  await expect(into('other', [(await generateAgeKey()).identity])).rejects.toMatchObject({ code: 'no_identity' });
  expect(existsSync(join(place, 'other/state.git'))).toBe(false);
  expect(await into('unopened', [])).toMatchObject({ keys: 0, keysSealed: true });
  expect(await into('data', [age.identity])).toMatchObject({ keys: 1, keysSealed: false, signature: 'unknown_key' });
  expect(await readFile(join(place, 'data/keys/state'), 'utf8')).toBe(key.private);
});

test('is refused when the state lacks what the ledger calls done', async () => {
  const main = fixture.git(['rev-parse', 'main']);
  await recordAudit(ledger, { ...entry('lost', 'intended'), chain: 'globex' });
  const lost = fixture.git(['commit-tree', 'main^{tree}', '-p', 'main', '-m', 'Lost']);
  await recordAudit(ledger, { ...entry('lost', 'done', lost), chain: 'globex' });
  await expect(createBackup(source(), folder())).rejects.toMatchObject({ code: 'backup_incomplete' });
  expect(existsSync(folder())).toBe(false);
  fixture.git(['update-ref', 'refs/heads/main', lost, main]);
  await createBackup(source(), folder());
});

describe('a backup that is not what was taken is refused, and leaves nothing', () => {
  beforeEach(async () => {
    await createBackup(source(), folder());
  });

  test.each([
    ['a bundle with another byte', (at: string) => writeFile(join(at, 'state.bundle'), 'x', { flag: 'r+' })],
    ['a bundle that was cut off', (at: string) => truncate(join(at, 'state.bundle'), 2000)],
    ['a ledger that is gone', (at: string) => rm(join(at, 'ledger.jsonl.gz'))],
    ['a manifest with another word', (at: string) => appendFile(join(at, 'manifest.json'), ' ')],
    ['no signature', (at: string) => rm(join(at, 'manifest.json.sig'))],
  ])('%s', async (_, damage) => {
    await damage(folder());
    await expect(restore()).rejects.toMatchObject({ code: 'backup_invalid' });
    expect(existsSync(join(place, 'data/state.git'))).toBe(false);
  });

  test('signed by somebody else', async () => {
    await expect(restore({ signers: ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJvZ3VzYm9ndXNib2d1c2JvZ3VzYm9ndXNib2d1c2Jv'] })).rejects.toMatchObject({ code: 'backup_invalid' });
  });

  test('onto something that is there', async () => {
    await cp(fixture.directory, join(place, 'data/state.git'), { recursive: true });
    await expect(restore()).rejects.toMatchObject({ code: 'not_empty' });
    await expect(createBackup(source(), folder())).rejects.toMatchObject({ code: 'backup_exists' });
  });
});
