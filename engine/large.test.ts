import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tenantDirectory } from '../schemas/index.ts';
import { changesOf, copyTree, encodeTree, FILE_MODE, ObjectDraft, ObjectStore, TREE_MODE } from './git/index.ts';
import type { LoggedChange } from './git/index.ts';
import { changeOf, deployment, key, makeFixture, setField } from './testing/fixture.ts';
import type { Fixture } from './testing/fixture.ts';
import { stockGit } from './testing/stock-git.ts';
import { inspectRepository, openEngine } from './index.ts';
import type { Engine } from './index.ts';

let fixture: Fixture;
let engine: Engine;
let objects: ObjectStore;
let a: string;
let b: string;

const open = () => openEngine({ directory: fixture.directory, signingKey: key.private, authorize: () => {}, now: () => new Date(), pollMilliseconds: 200, publications: `${fixture.folder}/publications` });

beforeEach(async () => {
  fixture = await makeFixture(2);
  engine = await open();
  objects = new ObjectStore(fixture.directory);
  [a, b] = [fixture.state.tenantIds[0]!, fixture.state.tenantIds[1]!];
});
afterEach(async () => {
  objects.close();
  await engine.close();
  await fixture.remove();
});

async function move(commit: string): Promise<void> {
  fixture.git(['update-ref', 'refs/heads/main', commit]);
  await vi.waitFor(() => expect(engine.head().commit).toBe(commit), { timeout: 20_000, interval: 20 });
}

/** Trees that name the next one again and again: so many paths as its width to the power of its depth, in few bytes. */
async function manyPaths(width: number, depth: number): Promise<string> {
  const draft = new ObjectDraft(objects);
  let entry = { mode: FILE_MODE, oid: draft.add('blob', Buffer.from('more: true\n')) };
  for (let level = 0; level < depth; level += 1) {
    const names = Array.from({ length: width }, (_, index) => `f${String(index).padStart(3, '0')}`);
    const { mode, oid } = entry;
    entry = { mode: TREE_MODE, oid: draft.add('tree', encodeTree(names.map((name) => ({ mode, oid, name })))) };
  }
  await objects.write(draft.objects());
  return entry.oid;
}

/** The commit of a tenant's folder with a folder more. */
function withFolder(tenant: string, name: string, tree: string): string {
  const index = { GIT_INDEX_FILE: `${fixture.folder}/index-large` };
  const path = tenantDirectory(tenant).split('/');
  let below = tree;
  let at = [...path, name];
  for (; at.length > 0; at = at.slice(0, -1)) {
    const folder = at.slice(0, -1).join('/');
    const lines = fixture.git(['ls-tree', `main:${folder}`], undefined, index).split('\n').filter((line) => line !== '' && !line.endsWith(`\t${at.at(-1)!}`));
    below = fixture.git(['mktree'], [...lines, `040000 tree ${below}\t${at.at(-1)!}`, ''].join('\n'));
  }
  return fixture.git(['commit-tree', below, '-p', 'main', '-m', 'Add a folder']);
}

test('a tenant of more files than can be read is quarantined, also after a restart; others go on, and taking them away ends it', async () => {
  const good = engine.head().commit;
  const text = fixture.read(`${tenantDirectory(a)}/tenant.yaml`);
  await move(withFolder(a, 'apps-2', await manyPaths(50, 3)));
  const held = { commit: good, problems: [{ code: 'too_large', path: tenantDirectory(a) }] };
  expect(engine.head().quarantines.get(a)).toMatchObject(held);
  const bad = engine.head().commit;
  for (const options of [{}, { tenants: [a] }]) await expect(engine.plan(good, bad, options)).rejects.toMatchObject({ name: 'EngineError', code: 'invalid' });
  await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'));
  await engine.close();
  engine = await open();
  expect(engine.head().quarantines.get(a)).toMatchObject(held);
  const tree = fixture.git(['rev-parse', `${good}^{tree}`]);
  await move(fixture.git(['commit-tree', tree, '-p', 'main', '-m', 'As it was']));
  expect(engine.head().quarantines.size).toBe(0);
  expect(text).toBe(fixture.read(`${tenantDirectory(a)}/tenant.yaml`));
}, 60_000);

test('a push of more than can be compared is refused', async () => {
  const after = withFolder(a, 'apps-2', await manyPaths(2, 21));
  const keep = vi.fn(async () => {});
  await expect(engine.push({ change: changeOf('state.push', 'large', { door: 'push' }), before: engine.head().commit, after, objects, keep })).rejects.toMatchObject({ code: 'invalid' });
  expect(keep).not.toHaveBeenCalled();
}, 60_000);

test('files of the platform that are more than can be read stay out of force', async () => {
  const good = engine.head().commit;
  const root = [...fixture.git(['ls-tree', 'main']).split('\n'), `040000 tree ${await manyPaths(50, 3)}\tmore`, ''].join('\n');
  await move(fixture.git(['commit-tree', fixture.git(['mktree'], root), '-p', 'main', '-m', 'Add a folder']));
  expect(engine.head().quarantines.get('platform.yaml')).toMatchObject({ commit: good, problems: [{ code: 'too_large' }] });
  expect((await engine.tenant(a))?.tenant?.object.metadata.name).toBe(a);
}, 60_000);

test('a commit of more files than git may list has no files in the index of the history, and those beside it have', async () => {
  const before = engine.head().commit;
  const commit = withFolder(a, 'apps-2', await manyPaths(2, 20));
  const changes: LoggedChange[] = [];
  for await (const change of changesOf(fixture.directory, [commit, before])) changes.push(change);
  expect(changes.map(({ commit: id, paths }) => [id, paths.length > 0])).toEqual([[commit, false], [before, true]]);
}, 60_000);

test('a revert to what can not be read is refused in words', async () => {
  const then = withFolder(a, 'apps-2', await manyPaths(50, 3));
  await move(then);
  await move(fixture.git(['commit-tree', `${then}^^{tree}`, '-p', 'main', '-m', 'As it was']));
  await expect(engine.revert({ what: { asOf: then }, scope: { tenant: a } }, changeOf('app.revert', 'large'))).rejects.toMatchObject({ code: 'invalid' });
}, 60_000);

const large = 'x'.repeat(3 * 1024 * 1024);

test('a file that is too large quarantines its tenant, and is published without being held in memory', async () => {
  const path = `${tenantDirectory(a)}/settings.yaml`;
  await move(fixture.commit({ [path]: large }));
  expect(engine.head().quarantines.get(a)).toMatchObject({ problems: expect.arrayContaining([expect.objectContaining({ code: 'file_too_large', path })]) });
  const folder = await engine.publication({ tenant: a });
  expect(stockGit(folder!, ['cat-file', '-s', `main:${path}`])).toBe(String(large.length));
  expect(stockGit(folder!, ['fsck', '--strict'])).toBe('');

  const draft = new ObjectDraft(objects);
  const copyLarge = vi.fn(async () => {});
  await copyTree({ objects, draft, relieve: async () => {}, copyLarge, copied: new Set() }, undefined, fixture.git(['rev-parse', 'main^{tree}']));
  expect(copyLarge).toHaveBeenCalledWith(fixture.git(['rev-parse', `main:${path}`]));
  expect(draft.bytes).toBeLessThan(large.length);
});

test('how large a file is, is asked of git once', async () => {
  const oid = fixture.git(['hash-object', '-w', '--stdin'], large);
  for (let turn = 0; turn < 3; turn += 1) expect(await objects.blob(oid, 1000)).toMatchObject({ size: large.length, content: undefined });
  expect(objects.reads.blob).toBe(1);
  expect((await objects.blob(oid, 10_000_000)).content).toHaveLength(large.length);
});

test('trees that nobody makes are not read, and of a long message the beginning is', async () => {
  const wide = encodeTree(Array.from({ length: 40_000 }, (_, index) => ({ mode: FILE_MODE, oid: '1'.repeat(40), name: `${String(index).padStart(5, '0')}${'x'.repeat(900)}` })));
  const draft = new ObjectDraft(objects);
  const tree = draft.add('tree', wide);
  await objects.write(draft.objects());
  await expect(objects.tree(tree)).rejects.toMatchObject({ code: 'too_large' });
  const long = fixture.git(['commit-tree', 'main^{tree}', '-p', 'main', '-F', '-'], 'm'.repeat(9 * 1024 * 1024));
  const { message, parents } = await objects.commit(long);
  expect([parents, message.slice(0, 3)]).toEqual([[engine.head().commit], 'mmm']);
  expect(message.length).toBeLessThan(20_000);
  const whole = new ObjectStore(fixture.directory, {}, { wholeCommits: true });
  await expect(whole.commit(long)).rejects.toMatchObject({ code: 'too_large' });
  whole.close();
  const changes: LoggedChange[] = [];
  for await (const change of changesOf(fixture.directory, [long, engine.head().commit])) changes.push(change);
  expect(changes.map(({ commit, message }) => [commit, message.length])).toEqual([[long, 1024 * 1024], [engine.head().commit, expect.any(Number)]]);
  expect(changes[1]!.paths).toContain('platform.yaml');
});

test('a commit with a message that nobody writes is followed like any other', async () => {
  const path = `${tenantDirectory(a)}/environments/dev/apps/orders.yaml`;
  const tree = fixture.git(['rev-parse', `${fixture.commit({ [path]: fixture.read(path).replace(/ORDERS_REGION: .*/, 'ORDERS_REGION: moon') })}^{tree}`]);
  await move(fixture.git(['commit-tree', tree, '-p', 'main', '-F', '-'], 'm'.repeat(9 * 1024 * 1024)));
  expect((await engine.get(deployment(a)))?.object.spec.env).toMatchObject({ ORDERS_REGION: 'moon' });
  await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'));
  expect((await engine.history({ tenant: a, limit: 1 }))[0]).toMatchObject({ signature: 'none' });
}, 60_000);

describe('a folder’s list above the tenants that nobody can read', () => {
  const wide = async () => {
    const draft = new ObjectDraft(objects);
    const oid = draft.add('blob', Buffer.from('more\n'));
    const entries = Array.from({ length: 40_000 }, (_, index) => ({ mode: FILE_MODE, oid, name: `${String(index).padStart(5, '0')}${'x'.repeat(900)}` }));
    const tree = draft.add('tree', encodeTree(entries));
    await objects.write(draft.objects());
    return fixture.git(['commit-tree', tree, '-p', 'main', '-m', 'Too many files']);
  };
  const stuck = async () => vi.waitFor(() => expect(engine.head().quarantines.get('platform.yaml')?.problems).toMatchObject([{ code: 'main_unreadable' }]), { timeout: 20_000, interval: 20 });

  test('leaves in force what was, refuses writes in words, also after a restart, and is over when main is set back', async () => {
    const good = engine.head().commit;
    const bad = await wide();
    fixture.git(['update-ref', 'refs/heads/main', bad]);
    await stuck();
    expect(engine.head().quarantines.get('platform.yaml')).toMatchObject({ commit: good });
    await engine.close();
    engine = await open();
    await stuck();
    expect(engine.head().commit).toBe(good);
    expect(await engine.get(deployment(a))).toBeDefined();
    await expect(engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'))).rejects.toMatchObject({ code: 'main_unreadable', retryAfterSeconds: 60 });
    expect(await inspectRepository({ directory: fixture.directory, signers: [key.public], repair: false, now: new Date() })).toContainEqual({ code: 'main_unreadable', where: expect.stringContaining(good), repaired: false });
    fixture.git(['update-ref', 'refs/heads/main', good]);
    await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'));
    expect(engine.head().quarantines.size).toBe(0);
  }, 60_000);

  test('is passed over when a sound commit stands on it', async () => {
    const good = fixture.commit({ [`${tenantDirectory(a)}/README.md`]: 'Read me\n' });
    fixture.git(['update-ref', 'refs/heads/main', await wide()]);
    await stuck();
    await move(fixture.git(['commit-tree', `${good}^{tree}`, '-p', 'main', '-m', 'As it was']));
    expect(engine.head().quarantines.size).toBe(0);
    expect(fixture.git(['for-each-ref', 'refs/cameleer/rewritten'])).toBe('');
    await engine.write(setField(deployment(b), ['spec', 'env', 'ON'], '1'));
  }, 60_000);
});
