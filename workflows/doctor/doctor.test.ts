import { appendFile, chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { lockDataDirectory } from '../../cluster/index.ts';
import { openEngine } from '../../engine/index.ts';
import { deployment, key, makeFixture, setField } from '../../engine/testing/fixture.ts';
import { stockGit, unpackPack } from '../../engine/testing/stock-git.ts';
import { openLedger, recordAudit } from '../../ledger/index.ts';
import type { Cell, Platform } from '../../schemas/index.ts';
import { keepAllowedSigners } from '../allowed-signers.ts';
import { logLostCommits } from '../log-lost-commits.ts';
import { openKeys } from '../keys.ts';
import { examine } from './examine.ts';
import { isNearlyFull, isOldGit } from './machine.ts';

const actor = 'usr_aaaaaaaaaaaaaaaa';
let template: string;
let data: string;
/** Commits of `main`, oldest first, each acknowledged. */
const commits: string[] = [];

const at = (...path: string[]) => join(data, 'state.git', ...path);
const git = (...args: string[]) => stockGit(at(), args);
/** Most tests have no ledger, because opening one takes a while. */
const look = async (repair = false) => (await examine({ directory: data, signers: [key.public], repair, now: () => new Date() })).filter(({ code }) => code !== 'ledger_missing');
const codes = async (repair = false) => [...new Set((await look(repair)).map(({ code }) => code))];
const start = async (directory = data) => openEngine({ directory: join(directory, 'state.git'), signingKey: key.private, authorize: () => {}, now: () => new Date() });
const entry = (requestId: string, phase: 'intended' | 'done', commit?: string) => ({ chain: 'acme', requestId, action: 'app.configure', actor, door: 'api' as const, phase, ...(commit === undefined ? {} : { commit }) });

beforeAll(async () => {
  const fixture = await makeFixture(2);
  template = fixture.folder;
  await mkdir(join(template, 'keys'), { mode: 0o700 });
  await writeFile(join(template, 'keys/state'), key.private, { mode: 0o600 });
  keepAllowedSigners(join(template, 'keys'), key.public);
  const { builder, keyEncryption } = await openKeys(join(template, 'keys'));
  const { trust } = (parse(fixture.read('platform.yaml')) as Platform).spec;
  await writeFile(join(template, 'keys/cell-local.age'), `AGE-SECRET-KEY-1\n${(parse(fixture.read('cells/local.yaml')) as Cell).spec.recipient}\n`, { mode: 0o600 });
  const [engine, ledger] = [await fixture.open(), await openLedger({ directory: join(template, 'ledger') })];
  const known = { ...trust, state: [key.public], builder: [...trust.builder, { id: 'ours', publicKey: builder.publicKey }], keyEncryption: keyEncryption.recipient };
  await engine.write(setField({ kind: 'Platform', name: 'platform' }, ['spec', 'trust'], known));
  for (const requestId of ['one', 'two', 'three']) {
    await recordAudit(ledger, entry(requestId, 'intended'));
    const { commit } = await engine.write(setField(deployment(fixture.state.tenantIds[0] ?? ''), ['spec', 'env', 'X'], requestId, { requestId }));
    await recordAudit(ledger, entry(requestId, 'done', commit));
    commits.push(commit);
  }
  await engine.close();
  await ledger.close();
});
afterAll(() => rm(template, { recursive: true, force: true }));
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'cameleer-doctor-'));
  await cp(template, data, { recursive: true, filter: (path) => path !== join(template, 'ledger') });
});
afterEach(() => rm(data, { recursive: true, force: true }));

/** For what is in the ledger. */
const withLedger = () => cp(join(template, 'ledger'), join(data, 'ledger'), { recursive: true });

async function ledger(change: (ledger: Awaited<ReturnType<typeof openLedger>>) => Promise<unknown>): Promise<void> {
  await withLedger();
  const opened = await openLedger({ directory: join(data, 'ledger') });
  await change(opened);
  await opened.close();
}

async function age(path: string): Promise<void> {
  await utimes(path, new Date(0), new Date(0));
}

async function leave(path: string): Promise<void> {
  await mkdir(at(path, '..'), { recursive: true });
  await writeFile(at(path), 'x');
  await age(at(path));
}

/** A copy of a pack, cut off: everything in it is elsewhere as well. */
async function tornCopy(): Promise<void> {
  const name = (await readdir(at('objects/pack'))).find((each) => each.endsWith('.pack'))?.replace('.pack', '') ?? '';
  for (const ending of ['pack', 'idx']) await copyFile(at(`objects/pack/${name}.${ending}`), at(`objects/pack/pack-${'a'.repeat(40)}.${ending}`));
  await chmod(at(`objects/pack/pack-${'a'.repeat(40)}.pack`), 0o644);
  await truncate(at(`objects/pack/pack-${'a'.repeat(40)}.pack`), 100);
}

async function unpack(): Promise<void> {
  const pack = at('objects/pack');
  const names = (await readdir(pack)).filter((name) => name.endsWith('.pack'));
  await mkdir(join(data, 'packs'));
  for (const name of names) {
    await rename(join(pack, name), join(data, 'packs', name));
    await rm(join(pack, name.replace('.pack', '.idx')));
    unpackPack(at(), await readFile(join(data, 'packs', name)));
  }
}

async function looseObject(revision: string): Promise<string> {
  const id = git('rev-parse', revision);
  return at('objects', id.slice(0, 2), id.slice(2));
}

const withLoose = (work: (path: string) => Promise<void>, revision = 'main') => async () => {
  await unpack();
  const path = await looseObject(revision);
  await chmod(path, 0o644);
  await work(path);
};

const unneeded = async () => {
  const id = stockGit(at(), ['hash-object', '-w', '--stdin'], { input: 'nobody needs this' });
  const path = at('objects', id.slice(0, 2), id.slice(2));
  await chmod(path, 0o644);
  await truncate(path, 5);
};

test('a data directory that is sound has no finding', async () => {
  await withLedger();
  expect(await look()).toEqual([]);
});

describe('finds and repairs', () => {
  test.each<readonly [string, () => Promise<unknown>, readonly string[]]>([
    ['a lock of a killed git', () => leave('refs/heads/main.lock'), ['lock_left']],
    ['files of killed writers', () => leave('objects/pack/tmp_pack_x'), ['files_left']],
    ['a loose object that was cut off and that nothing needs', unneeded, ['object_damaged']],
    ['a pack that was cut off and whose objects are elsewhere', tornCopy, ['object_damaged']],
    ['a commit-graph that is none', () => leave('objects/info/commit-graph'), ['commit_graph_wrong']],
    ['a checkpoint that is none', () => writeFile(at('cameleer-rendered.json'), '{'), ['checkpoint_wrong']],
    ['a key that others may read', () => chmod(join(data, 'keys/state'), 0o644), ['key_readable']],
  ])('%s', async (_, damage, expected) => {
    await damage();
    expect(await codes()).toEqual(expected);
    expect((await look(true)).map(({ code, repaired }) => [code, repaired])).toEqual(expected.map((code) => [code, true]));
    expect(await look()).toEqual([]);
    await (await start()).close();
  });

  test('a cell that is not what it says, at the next start', async () => {
    const tree = git('rev-parse', 'main^{tree}');
    const { encodeCommit, readStateKey, signSsh } = await import('../../engine/git/index.ts');
    const stamp = { name: 'x', email: 'x@acme.example', seconds: 1_700_000_000, zone: '+0000' };
    const bytes = encodeCommit({ tree, parents: [git('rev-parse', 'cells/local')], author: stamp, committer: stamp, message: `Render\n\nSource-Commit: ${git('rev-parse', 'main')}\nSynth-Version: 1\n` }, (payload) => signSsh(payload, readStateKey(key.private)));
    const commit = stockGit(at(), ['hash-object', '-t', 'commit', '-w', '--stdin'], { input: bytes.toString('utf8') });
    git('update-ref', 'refs/heads/cells/local', commit);
    expect(await codes(true)).toEqual(['cell_differs']);
    await (await start()).close();
    expect(await look()).toEqual([]);
  });

  test('a missing object that the last collection had set aside', async () => {
    await mkdir(at('cameleer-expired'));
    for (const name of await readdir(at('objects/pack'))) await rename(at('objects/pack', name), at('cameleer-expired', name));
    expect(await codes()).toEqual(['object_missing']);
    expect((await look(true)).every(({ repaired }) => repaired)).toBe(true);
    expect(await look()).toEqual([]);
  });
});

describe('finds, explains, and leaves alone', () => {
  test.each<readonly [string, () => Promise<unknown>, readonly string[]]>([
    ['an acknowledged commit that was cut off', withLoose((path) => truncate(path, 10)), ['object_damaged', 'object_missing']],
    ['an acknowledged file that is gone', withLoose((path) => rm(path), 'main:platform.yaml'), ['object_missing']],
    ['main set back, though its later commits were answered for', () => withLedger().then(() => writeFile(at('refs/heads/main'), `${commits[0] ?? ''}\n`)), ['main_set_back', 'cell_ahead', 'main_behind_ledger']],
    ['main empty, as after a power failure', () => writeFile(at('refs/heads/main'), ''), ['ref_damaged']],
    ['main gone', () => rm(at('refs/heads/main')).then(withLedger), ['main_missing', 'main_behind_ledger']],
    ['a cell that somebody moved', async () => git('update-ref', 'refs/heads/cells/local', git('commit-tree', 'main^{tree}', '-m', 'By hand')), ['cell_foreign']],
    ['a cell that is behind', async () => git('update-ref', 'refs/heads/cells/local', 'cells/local~1'), ['cell_behind']],
    ['a cell that is gone', async () => git('update-ref', '-d', 'refs/heads/cells/local'), ['cell_missing']],
    ['a commit without the platform’s signature', async () => git('update-ref', 'refs/heads/main', git('commit-tree', 'main^{tree}', '-p', 'main', '-m', 'By hand')), ['commit_unsigned']],
    ['a commit whose signature does not hold', async () => git('update-ref', 'refs/heads/main', stockGit(at(), ['hash-object', '-t', 'commit', '-w', '--stdin'], { input: `${git('cat-file', 'commit', 'main').replace('Set', 'set').replace(/parent [0-9a-f]+/, `parent ${commits.at(-1) ?? ''}`)}\nChanged\n` })), ['signature_invalid']],
    ['a change that was intended and never ended', () => ledger((opened) => recordAudit(opened, entry('four', 'intended'))), ['audit_unfinished']],
    ['a change that the ledger calls done and Git does not have', () => ledger((opened) => recordAudit(opened, entry('one', 'intended')).then(() => recordAudit(opened, { ...entry('five', 'done'), commit: 'f'.repeat(40) }))), ['main_behind_ledger']],
    ['an audit event that was changed', () => ledger(async (opened) => {
      await opened.query('alter table audit_events disable trigger all');
      await opened.query(`update audit_events set event = replace(event, '${actor}', 'usr_bbbbbbbbbbbbbbbb') where sequence = 2`);
    }), ['audit_broken']],
    ['a ledger of a newer version', () => ledger((opened) => opened.query(`insert into migrations (number, name, sha256) values (9999, 'x', 'x')`)), ['ledger_unreadable']],
    ['no signing key', () => rm(join(data, 'keys/state')), ['key_missing']],
    ['no key that environment keys are sealed to', () => rm(join(data, 'keys/key-encryption.age')), ['key_missing']],
    ['another builder’s key', () => rm(join(data, 'keys/builder.pem')).then(() => openKeys(join(data, 'keys'))), ['key_not_known']],
    ['no key of a local cell', () => rm(join(data, 'keys/cell-local.age')), ['key_missing']],
    ['a config that git does not read', () => appendFile(at('config'), '[core\n'), ['repository_unreadable']],
    ['no repository', () => rm(at(), { recursive: true }), ['repository_missing']],
  ])('%s', async (_, damage, expected) => {
    await damage();
    expect(await codes()).toEqual(expected);
    const before = await readFile(at('refs/heads/main'), 'utf8').catch(() => '');
    const findings = await look(true);
    expect(findings.map(({ code }) => code)).toEqual(expect.arrayContaining([...expected]));
    expect(findings.filter(({ severity, repaired }) => severity === 'error' && repaired)).toEqual([]);
    expect(await readFile(at('refs/heads/main'), 'utf8').catch(() => '')).toBe(before);
    for (const { means, todo } of findings) expect([means, todo].every((text) => text.length > 10)).toBe(true);
  });
});

test('the start says in the log that main lacks what was acknowledged, and goes on', async () => {
  await writeFile(at('refs/heads/main'), `${commits[0] ?? ''}\n`);
  await ledger(async (opened) => {
    // What is only proposed is not missed.
    await recordAudit(opened, { ...entry('proposed', 'done', 'e'.repeat(40)), action: 'request.open', resource: 'requests/1' });
    const engine = await start();
    const said: object[] = [];
    const logger = { info: () => {}, warn: () => {}, error: (details: object) => void said.push(details) };
    expect(await logLostCommits({ ledger: opened, engine, logger })).toBe(2);
    expect(said).toMatchObject([{ code: 'main_behind_ledger', commits: commits.slice(1) }]);
    await engine.close();
  });
});

test('looks beside a running control plane, and repairs nothing there', async () => {
  await withLedger();
  const lock = lockDataDirectory(data);
  const opened = await openLedger({ directory: join(data, 'ledger') });
  expect(await codes()).toEqual(['ledger_not_checked']);
  await expect(look(true)).rejects.toMatchObject({ code: 'data_directory_in_use' });
  await opened.close();
  lock.release();
});

test('knows an old git and a full disk', () => {
  expect(['git version 2.38.5', 'git version 1.9', 'git version 2.39.0', 'git version 3.0 (Apple)'].map(isOldGit)).toEqual([true, true, false, false]);
  const size = 100 * 1024 ** 3;
  expect([4, 6].map((gigabytes) => isNearlyFull({ free: gigabytes * 1024 ** 3, size }))).toEqual([true, false]);
  expect(isNearlyFull({ free: 900 * 1024 ** 2, size: 1024 ** 3 })).toBe(true);
});
