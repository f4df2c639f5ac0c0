import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../../schemas/index.ts';
import { openEngine } from '../index.ts';
import type { Engine } from '../index.ts';
import { changeOf, deployment, key, makeFixture, setField } from '../testing/fixture.ts';
import type { Fixture } from '../testing/fixture.ts';
import { stockGit } from '../testing/stock-git.ts';

let fixture: Fixture;
let engine: Engine;
let a: string;
let b: string;

const open = (publications = join(fixture.folder, 'publications')) => openEngine({ directory: fixture.directory, signingKey: key.private, authorize: () => {}, now: () => new Date(), pollMilliseconds: 200, publications });

beforeEach(async () => {
  fixture = await makeFixture(3);
  engine = await open();
  [a, b] = [fixture.state.tenantIds[0]!, fixture.state.tenantIds[1]!];
});
afterEach(async () => {
  await engine.close();
  await fixture.remove();
});

const orders = (tenant: string) => `${tenantDirectory(tenant)}/environments/dev/apps/orders.yaml`;
const caughtUp = (commit: string) => vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 5000, interval: 10 });
const commits = (folder: string) => stockGit(folder, ['rev-list', 'main']).split('\n');
const message = (folder: string, revision = 'main') => stockGit(folder, ['log', '-1', '--format=%B', revision]);

async function published(tenant: string): Promise<string> {
  const folder = await engine.publication({ tenant });
  expect(folder).toBeDefined();
  return folder!;
}

/** Writes to one tenant, to another, to both by a push. */
async function somethingHappens(): Promise<void> {
  await engine.write(setField(deployment(a), ['spec', 'env', 'MINE'], '1'));
  await engine.write(setField(deployment(b), ['spec', 'env', 'THEIRS'], '1'));
  await caughtUp(fixture.push({ [orders(a)]: fixture.read(orders(a)).replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: moon'), [orders(b)]: fixture.read(orders(b)).replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: moon') }));
}

describe('a tenant’s publication', () => {
  test('has a commit for each that changed the tenant: its tree alone, signed, with the source', async () => {
    await published(a);
    await somethingHappens();
    const folder = await published(a);
    expect(commits(folder)).toHaveLength(3);
    const source = stockGit(fixture.directory, ['rev-list', '--first-parent', 'main', '--', tenantDirectory(a)]).split('\n');
    expect(commits(folder).map((id) => /Source-Commit: (\w+)/.exec(message(folder, id))?.[1])).toEqual(source);
    for (const [index, id] of commits(folder).entries()) {
      expect(stockGit(folder, ['rev-parse', `${id}:${tenantDirectory(a)}`])).toBe(stockGit(fixture.directory, ['rev-parse', `${source[index]}:${tenantDirectory(a)}`]));
      expect(stockGit(folder, ['ls-tree', '-r', '--name-only', id]).split('\n').every((path) => path.startsWith(`${tenantDirectory(a)}/`))).toBe(true);
      expect(stockGit(folder, ['cat-file', 'commit', id])).toContain('gpgsig -----BEGIN SSH SIGNATURE-----');
      expect(stockGit(folder, ['log', '-1', '--format=%at %ct', id])).toBe(stockGit(fixture.directory, ['log', '-1', '--format=%at %ct', source[index]!]));
    }
    expect(stockGit(folder, ['fsck', '--strict', '--unreachable'])).toBe('');
  });

  test('keeps a message about the tenant alone, and no other; no name of whoever pushed', async () => {
    const folder = await published(a);
    await engine.write(setField(deployment(a), ['spec', 'env', 'MINE'], '1'));
    await published(a);
    expect(message(folder)).toContain('Do app.configure');
    expect(message(folder)).toContain('Cameleer-Actor: usr_op3rat0r00000001');
    expect(stockGit(folder, ['log', '-1', '--format=%an'])).toBe('usr_op3rat0r00000001');
    await somethingHappens();
    await published(a);
    expect(message(folder)).toMatch(/^Change that concerns more than this tenant\n\nSource-Commit: [0-9a-f]{40}$/);
    expect(stockGit(folder, ['log', '-1', '--format=%an %ae'])).toBe('operator operator@users.noreply.cameleer.io');
  });

  test('does not sign trailers that somebody pushed: they stay text', async () => {
    await published(a);
    const made = fixture.commit({ [orders(a)]: fixture.read(orders(a)).replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: moon') });
    const commit = fixture.git(['commit-tree', `${made}^{tree}`, '-p', 'main', '-F', '-'], 'Configure\n\nCameleer-Actor: usr_0wner00000000001\nApproved-By: usr_b0ss000000000001\n');
    fixture.git(['update-ref', 'refs/heads/main', commit]);
    await caughtUp(commit);
    expect(stockGit(await published(a), ['log', '-1', '--format=%(trailers)', 'main'])).toBe(`Source-Commit: ${commit}`);
  });

  test.each([['alone', (other: string) => `Do for ${other} what we did here`], ['in a namespace', (other: string) => `Copy from t-${other}--prod`], ['behind many hyphens', (other: string) => `Merge a-b-c-d-e-f-g-h-i-j-k-l-m-${other}`], ['in capitals', (other: string) => `As ${other.toUpperCase()} has it`]])('keeps a message to itself that names another tenant %s', async (_how, text) => {
    await engine.write({ change: changeOf('app.configure', 'names-others', { subject: text(b), tenant: a }), apply: (draft) => draft.edit(deployment(a), (document) => document.setIn(['spec', 'env', 'MINE'], '2')) });
    expect(message(await published(a))).not.toContain('Cameleer-Action');
  });

  test('made anew has the same commits: here, in another process, and after git gc', async () => {
    await published(a);
    await somethingHappens();
    const folder = await published(a);
    const ids = commits(folder);
    rmSync(folder, { recursive: true });
    expect(commits(await published(a))).toEqual(ids);
    await engine.close();
    stockGit(fixture.directory, ['gc', '--quiet', '--prune=now']);
    const child = execFileSync(process.execPath, [join(import.meta.dirname, '../testing/publish.child.ts'), fixture.directory, join(fixture.folder, 'elsewhere'), a], { encoding: 'utf8', env: { ...process.env, TZ: 'Asia/Tokyo', LC_ALL: 'C' } });
    expect(child.trim().split('\n')).toEqual(ids);
    engine = await open();
    expect(commits(await published(a))).toEqual(ids);
  });

  test('is not made again, nor looked at, when main has not moved; and reads little when others have changed', async () => {
    const folder = await published(a);
    const before = (await stat(join(folder, 'cameleer-position.json'))).mtimeMs;
    await published(a);
    expect((await stat(join(folder, 'cameleer-position.json'))).mtimeMs).toBe(before);
    const head = commits(folder);
    for (let turn = 0; turn < 5; turn += 1) await engine.write(setField(deployment(b), ['spec', 'env', 'THEIRS'], String(turn)));
    const packs = readdirSync(join(folder, 'objects/pack')).length;
    expect(commits(await published(a))).toEqual(head);
    expect(readdirSync(join(folder, 'objects/pack'))).toHaveLength(packs);
  });

  test('shows what stands on main also while the tenant is quarantined, and goes on when it is mended', async () => {
    await published(a);
    const good = fixture.read(orders(a));
    await caughtUp(fixture.push({ [orders(a)]: 'spec: [' }));
    expect(engine.head().quarantines.has(a)).toBe(true);
    const folder = await published(a);
    expect(stockGit(folder, ['show', `main:${orders(a)}`])).toBe('spec: [');
    await caughtUp(fixture.push({ [orders(a)]: good.replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: mended') }));
    expect(stockGit(await published(a), ['show', `main:${orders(a)}`])).toContain('mended');
    expect(commits(folder)).toHaveLength(3);
  });

  test('of a deleted tenant ends with an empty tree; of one that never was there is none', async () => {
    await published(a);
    const gone = Object.fromEntries(stockGit(fixture.directory, ['ls-tree', '-r', '--name-only', 'main', `${tenantDirectory(a)}/`]).split('\n').map((path) => [path, null]));
    await caughtUp(fixture.push(gone));
    const folder = await published(a);
    expect(stockGit(folder, ['ls-tree', '-r', 'main'])).toBe('');
    expect(commits(folder)).toHaveLength(2);
    expect(await engine.publication({ tenant: 'nobody' })).toBeUndefined();
    expect(existsSync(join(fixture.folder, 'publications/tenants/nobody.git'))).toBe(false);
  });

  test.each(['at once', 'in steps'])('of a tenant that takes the name of one that is gone shows nothing of it, read %s', async (how) => {
    const folder = await published(a);
    const files = stockGit(fixture.directory, ['ls-tree', '-r', '--name-only', 'main', `${tenantDirectory(a)}/`]).split('\n');
    const old = stockGit(folder, ['rev-parse', `main:${orders(a)}`]);
    const texts = Object.fromEntries(files.map((path) => [path, fixture.read(path)]));
    await caughtUp(fixture.push(Object.fromEntries(files.map((path) => [path, null]))));
    if (how === 'in steps') await published(a);
    await caughtUp(fixture.push({ ...texts, [orders(a)]: texts[orders(a)]!.replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: another') }));
    await published(a);
    expect(commits(folder)).toHaveLength(1);
    expect(() => stockGit(folder, ['cat-file', '-e', old])).toThrow();
    await engine.write(setField(deployment(a), ['spec', 'env', 'MINE'], '1'));
    await published(a);
    expect(commits(folder)).toHaveLength(2);
  });

  test('forgets what a rewritten main took back', async () => {
    const base = engine.head().commit;
    await engine.write(setField(deployment(a), ['spec', 'env', 'SECRET'], 'taken-back'));
    const folder = await published(a);
    const taken = stockGit(folder, ['rev-parse', `main:${orders(a)}`]);
    const other = fixture.commit({ [orders(a)]: fixture.read(orders(a), base).replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: other') }, base);
    fixture.git(['update-ref', 'refs/heads/main', other]);
    await caughtUp(other);
    await published(a);
    expect(message(folder)).toContain(other);
    expect(commits(folder)).toHaveLength(2);
    expect(() => stockGit(folder, ['cat-file', '-e', taken])).toThrow();
  });
});

describe('a cell’s publication', () => {
  test('is the cell’s branch with its history, follows by itself, and is never ahead', async () => {
    const folder = (await engine.publication({ cell: 'local' }))!;
    const tip = () => stockGit(folder, ['rev-parse', 'refs/heads/cells/local']);
    expect(tip()).toBe(engine.head().cells.get('local'));
    expect(stockGit(folder, ['symbolic-ref', 'HEAD'])).toBe('refs/heads/cells/local');
    for (let turn = 0; turn < 10; turn += 1) {
      await engine.write(setField(deployment(a), ['spec', 'env', 'MINE'], String(turn)));
      expect(stockGit(fixture.directory, ['merge-base', '--is-ancestor', tip(), 'cells/local'])).toBe('');
    }
    await vi.waitFor(() => expect(tip()).toBe(engine.head().cells.get('local')), { timeout: 5000, interval: 5 });
    expect(stockGit(folder, ['rev-list', 'cells/local'])).toBe(stockGit(fixture.directory, ['rev-list', 'cells/local']));
    expect(stockGit(folder, ['fsck', '--strict', '--unreachable'])).toBe('');
    expect(stockGit(folder, ['for-each-ref', '--format=%(refname)'])).toBe('refs/heads/cells/local');
  });

  test('is made anew when its branch no longer stands in its history', async () => {
    const folder = (await engine.publication({ cell: 'local' }))!;
    const stranger = stockGit(folder, ['commit-tree', 'cells/local^{tree}', '-m', 'By somebody']);
    stockGit(folder, ['update-ref', 'refs/heads/cells/local', stranger]);
    await engine.publication({ cell: 'local' });
    expect(stockGit(folder, ['rev-parse', 'cells/local'])).toBe(engine.head().cells.get('local'));
    expect(() => stockGit(folder, ['cat-file', '-e', stranger])).toThrow();
  });
});

test('what a killed process left half made is removed at the start', async () => {
  await engine.close();
  const left = join(fixture.folder, 'publications/tenants/.cameleer-new-0-x.git');
  const quarantine = join(fixture.directory, 'objects/tmp_objdir-cameleer-1@elsewhere@0');
  for (const folder of [left, quarantine]) await mkdir(folder, { recursive: true });
  utimesSync(quarantine, new Date(0), new Date(0));
  engine = await open();
  expect([left, quarantine].filter((folder) => existsSync(folder))).toEqual([]);
});
