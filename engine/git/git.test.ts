import * as fc from 'fast-check';
import { readTree } from 'isomorphic-git';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { open, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  blobId, EMPTY_TREE, encodeCommit, encodeTree, FILE_MODE, findEntry, generateStateKey, GitError, listFiles, ObjectDraft, parseTrailers, parseTree,
  readStateKey, removeStaleLocks, signSsh, spliceTree, TREE_MODE, treeDifference, upkeep, verifySsh,
} from './index.ts';
import type { Repository, TreeEntry } from './index.ts';
import { exclusively } from './exclusive.ts';
import { writeLooseObjects } from './loose-objects.ts';
import { writePack } from './pack-objects.ts';
import { writingPiles } from './piles.ts';
import { makeRepository } from '../testing/made-repository.ts';
import { stockGit } from '../testing/stock-git.ts';

let folder: string;
let directory: string;
let repository: Repository;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ folder, directory, repository, remove } = await makeRepository());
});
afterAll(() => remove());

const stamp = { name: 'usr_x', email: 'usr_x@users.noreply.cameleer.io', seconds: 1_700_000_000, zone: '+0000' };
const names = fc.stringMatching(/^[a-z0-9.é-]{1,8}$/).filter((name) => name !== '.' && name !== '..' && name !== '.git');
const paths = fc.array(names, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/'));

/** Files that can stand in one tree: no path is a folder of another. */
const trees = fc.dictionary(paths, fc.string({ maxLength: 20 }), { maxKeys: 12 }).map((files) => {
  const all = Object.keys(files);
  return Object.fromEntries(Object.entries(files).filter(([path]) => !all.some((other) => other.startsWith(`${path}/`))));
});

/** Git processes that this test has started. */
function stockProcesses(verb: string): number[] {
  const children = fs.readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ').map(Number);
  return children.filter((pid) => fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(`\0${verb}\0`));
}

function stockId(text: string): string {
  const content = Buffer.from(text);
  return createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
}

function editsOf(draft: ObjectDraft, files: Readonly<Record<string, string>>): Map<string, TreeEntry | null> {
  return new Map(Object.entries(files).map(([path, text]) => [path, { mode: FILE_MODE, oid: draft.add('blob', Buffer.from(text)) }]));
}

describe('trees', () => {
  test('spliced in any order give the tree of all files at once', async () => {
    await fc.assert(
      fc.asyncProperty(trees, trees, async (first, second) => {
        const draft = new ObjectDraft(repository.objects);
        const start = await spliceTree(draft, EMPTY_TREE, editsOf(draft, first));
        const removals = Object.keys(first).map((path) => [path, null] as const);
        const there = await spliceTree(draft, await spliceTree(draft, start, new Map(removals)), editsOf(draft, second));
        expect(there).toBe(await spliceTree(draft, EMPTY_TREE, editsOf(draft, second)));
        const difference = await treeDifference(draft, start, there);
        const back = difference.map(({ path, before }) => [path, before ?? null] as const);
        const without = await spliceTree(draft, there, new Map(back.filter(([, entry]) => entry === null)));
        expect(await spliceTree(draft, without, new Map(back.filter(([, entry]) => entry !== null)))).toBe(start);
        expect([...(await listFiles(draft, there)).keys()].sort()).toEqual(Object.keys(second).sort());
      }),
      { numRuns: 60 },
    );
  });

  test('are the trees that stock git and isomorphic-git read', async () => {
    const draft = new ObjectDraft(repository.objects);
    const files = { 'a.x': '1', 'a/b': '2', 'a0': '3', 'ä/ö': '4', 'a-b/c/d': '5' };
    const tree = await spliceTree(draft, EMPTY_TREE, editsOf(draft, files));
    await repository.objects.write(draft.objects());
    expect(stockGit(directory, ['-c', 'core.quotePath=false', 'ls-tree', '-r', '--name-only', tree]).split('\n').sort()).toEqual(Object.keys(files).sort());
    const { tree: entries } = await readTree({ fs, gitdir: directory, oid: tree });
    expect(entries.map((entry) => entry.path).sort()).toEqual(parseTree(await repository.objects.tree(tree)).map((entry) => entry.name).sort());
    expect(encodeTree(parseTree(await repository.objects.tree(tree)))).toEqual(await repository.objects.tree(tree));
    expect(findEntry(await repository.objects.tree(tree), 'a')?.mode).toBe(TREE_MODE);
    expect(findEntry(await repository.objects.tree(tree), 'b')).toBeUndefined();
    stockGit(directory, ['fsck', '--strict']);
  });
});

describe('objects', () => {
  test('that a draft and the one that it is drawn from both made are written once, so that git reads the pack', async () => {
    const below = new ObjectDraft(repository.objects);
    const twice = below.add('blob', Buffer.from('made twice'));
    const draft = new ObjectDraft(below);
    const ids = [...['a', 'b', 'c', 'd'].map((name) => draft.add('blob', Buffer.from(`once ${name}`))), draft.add('blob', Buffer.from('made twice'))];
    await writingPiles(repository.objects, 1)(draft);
    expect(ids).toContain(twice);
    expect(stockGit(directory, ['cat-file', '--batch-check=%(objecttype)'], { input: `${ids.join('\n')}\n` }).split('\n')).toEqual(ids.map(() => 'blob'));
    await expect(writePack(directory, [...below.objects(), ...['once', 'once'].map((text) => ({ oid: stockId(text), type: 'blob' as const, content: Buffer.from(text) }))])).rejects.toThrow(TypeError);
  });

  test('are read after git has packed them and removed the loose files', async () => {
    const draft = new ObjectDraft(repository.objects);
    const contents = Array.from({ length: 30 }, (_, index) => Buffer.from(`content ${index}`));
    const ids = contents.map((content) => draft.add('blob', content));
    const tree = await spliceTree(draft, EMPTY_TREE, new Map(ids.map((oid, index) => [`f${index}`, { mode: FILE_MODE, oid }])));
    await repository.objects.write(draft.objects());
    stockGit(directory, ['update-ref', 'refs/heads/keep', stockGit(directory, ['commit-tree', tree, '-m', 'Keep'])]);
    const other = await openRepositoryForReading();
    expect((await other.blob(ids[0]!, 1e6)).content).toEqual(contents[0]);
    stockGit(directory, ['repack', '-adq']);
    stockGit(directory, ['prune-packed']);
    for (const [index, id] of ids.entries()) expect((await other.blob(id, 1e6)).content).toEqual(contents[index]);
    other.close();
  });

  test('many at once are written as a pack that git accepts', async () => {
    const draft = new ObjectDraft(repository.objects);
    const ids = Array.from({ length: 2500 }, (_, index) => draft.add('blob', Buffer.from(`${'x'.repeat(index % 300)}${index}`)));
    await repository.objects.write(draft.objects());
    const index = fs.readdirSync(join(directory, 'objects/pack')).filter((name) => name.endsWith('.idx')).map((name) => join(directory, 'objects/pack', name));
    expect(index.length).toBeGreaterThan(0);
    for (const path of index) stockGit(directory, ['verify-pack', path]);
    const other = await openRepositoryForReading();
    expect((await other.blob(ids[2499]!, 1e6)).content?.toString()).toMatch(/2499$/);
    other.close();
  });

  test('have the id of their text', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => blobId(text) === stockId(text)), { numRuns: 200 });
    expect(blobId('\ud800x')).toBe(stockId('\ud800x'));
    expect(blobId('é\n')).toBe(stockGit(directory, ['hash-object', '--stdin'], { input: 'é\n' }));
  });

  test('of any size are stored as git reads them', async () => {
    const sizes = [0, 1, 3799, 3801, 65_535, 65_536, 70_000];
    const draft = new ObjectDraft(repository.objects);
    const ids = sizes.map((size) => draft.add('blob', Buffer.alloc(size, Buffer.from([0xff, 0xfe, size % 251]))));
    await repository.objects.write(draft.objects());
    stockGit(directory, ['fsck', '--strict', '--full']);
    expect(ids.map((id) => Number(stockGit(directory, ['cat-file', '-s', id])))).toEqual(sizes);
  });

  test('that are missing, too large or of another type are told apart', async () => {
    await expect(repository.objects.blob('f'.repeat(40), 1e6)).rejects.toMatchObject({ code: 'object_missing' });
    const draft = new ObjectDraft(repository.objects);
    const blob = draft.add('blob', Buffer.alloc(5000, 'y'));
    await repository.objects.write(draft.objects());
    await expect(repository.objects.tree(blob)).rejects.toMatchObject({ code: 'object_corrupt' });
    const other = await openRepositoryForReading();
    expect(await other.blob(blob, 100)).toMatchObject({ size: 5000, content: undefined });
    expect((await other.blob(blob, 1e6)).content).toHaveLength(5000);
    other.close();
  });

  async function openRepositoryForReading() {
    const { ObjectStore } = await import('./object-store.ts');
    return new ObjectStore(directory);
  }
});

describe('refs', () => {
  test('move only from the value that they have', async () => {
    const commit = (message: string) => stockGit(directory, ['commit-tree', EMPTY_TREE, '-m', message]);
    stockGit(directory, ['mktree'], { input: '' });
    const [one, two, three] = [commit('1'), commit('2'), commit('3')];
    const name = 'refs/heads/cells/eu1';
    await repository.move({ name, before: undefined, after: one }, new Date());
    await expect(repository.move({ name, before: undefined, after: two }, new Date())).rejects.toMatchObject({ code: 'ref_moved' });
    await repository.move({ name, before: one, after: two }, new Date());
    await expect(repository.move({ name, before: one, after: three }, new Date())).rejects.toMatchObject({ code: 'ref_moved' });
    stockGit(directory, ['pack-refs', '--all']);
    expect(await repository.reference(name)).toBe(two);
    await repository.move({ name, before: two, after: three }, new Date());
    expect(stockGit(directory, ['rev-parse', name])).toBe(three);
  });

  test('are freed of a lock only when it is old and nobody has it open', async () => {
    const path = join(directory, 'refs/heads/main.lock');
    const handle = await open(path, 'w');
    const now = new Date();
    expect(await removeStaleLocks(directory, now)).toEqual([]);
    await utimes(path, new Date(now.getTime() - 61_000), new Date(now.getTime() - 61_000));
    expect(await removeStaleLocks(directory, now)).toEqual([]);
    await handle.close();
    await exclusively(directory, 'stale-locks', async () => expect(await removeStaleLocks(directory, now)).toEqual([]));
    expect(await removeStaleLocks(directory, now)).toEqual([fs.realpathSync(folder) + path.slice(folder.length)]);
  });

  test('move also after the git process that moves them has died', async () => {
    const [first, second] = ['1', '2'].map((name) => stockGit(directory, ['commit-tree', EMPTY_TREE, '-m', name]));
    const name = 'refs/heads/died';
    await repository.move({ name, before: undefined, after: first! }, new Date());
    for (const pid of stockProcesses('update-ref')) process.kill(pid, 'SIGKILL');
    await new Promise((resolve) => {
      setTimeout(resolve, 50);
    });
    await repository.move({ name, before: first, after: second! }, new Date());
    expect(await repository.reference(name)).toBe(second);
  });

  // git locks HEAD as well when it moves the branch that HEAD names.
  test.each([['refs/heads/locked', 'refs/heads/locked.lock'], ['refs/heads/main', 'HEAD.lock']])('locked by a killed process move once the lock is old: %s', async (name, lock) => {
    const before = await repository.reference(name);
    const after = stockGit(directory, ['commit-tree', EMPTY_TREE, '-m', 'L']);
    await writeFile(join(directory, lock), '');
    await expect(repository.move({ name, before, after }, new Date())).rejects.toMatchObject({ code: 'ref_locked' });
    await repository.move({ name, before, after }, new Date(Date.now() + 61_000));
    expect(await repository.reference(name)).toBe(after);
  });
});

test('upkeep keeps objects that nothing refers to yet, and new ones find their folder', async () => {
  const draft = new ObjectDraft(repository.objects);
  const ids = Array.from({ length: 5000 }, (_, index) => draft.add('blob', Buffer.from(`upkeep ${index}`)));
  for (let at = 0; at < 5000; at += 100) await writeLooseObjects(directory, draft.objects().slice(at, at + 100));
  const late = new ObjectDraft(repository.objects);
  const packed = new AbortController();
  const writing = (async () => {
    for (let turn = 0; !packed.signal.aborted; turn += 1) {
      ids.push(late.add('blob', Buffer.from(`late ${turn}`)));
      await repository.objects.write(late.objects().slice(-1));
    }
  })();
  expect(await upkeep(directory, { now: new Date() })).toBe('joined');
  packed.abort();
  await writing;
  const found = stockGit(directory, ['cat-file', '--batch-check=%(objecttype)'], { input: `${ids.join('\n')}\n` });
  expect(new Set(found.split('\n'))).toEqual(new Set(['blob']));
});

describe('signatures', () => {
  const key = generateStateKey();

  test('verify with stock git, and only over what was signed', async () => {
    const state = readStateKey(key.private);
    const draft = new ObjectDraft(repository.objects);
    const fields = { tree: EMPTY_TREE, parents: [], author: stamp, committer: stamp, message: 'Sign\n\nRequest-Id: 1\n' };
    const id = draft.add('commit', encodeCommit(fields, (payload) => signSsh(payload, state)));
    await repository.objects.write(draft.objects());
    const signers = join(folder, 'signers');
    await writeFile(signers, `* ${key.public}\n`);
    stockGit(directory, ['-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', id]);
    await writeFile(signers, `* ${generateStateKey().public}\n`);
    expect(() => stockGit(directory, ['-c', `gpg.ssh.allowedSignersFile=${signers}`, 'verify-commit', id])).toThrow();
    const { signature } = await repository.objects.commit(id);
    expect(verifySsh(signature!.payload, signature!.armor)).toEqual(state.publicBytes);
    expect(verifySsh(Buffer.concat([signature!.payload, Buffer.from('x')]), signature!.armor)).toBeUndefined();
    expect(verifySsh(signature!.payload, '-----BEGIN SSH SIGNATURE-----\nAAAA\n-----END SSH SIGNATURE-----')).toBeUndefined();
    expect(draft.add('commit', encodeCommit(fields, (payload) => signSsh(payload, state)))).toBe(id);
  });

  test('are made with keys that ssh-keygen writes and reads', async () => {
    const path = join(folder, 'id');
    await writeFile(path, key.private, { mode: 0o600 });
    const { execFileSync } = await import('node:child_process');
    expect(execFileSync('ssh-keygen', ['-y', '-f', path], { encoding: 'utf8' })).toContain(key.public);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', `${path}2`]);
    expect(fs.readFileSync(`${path}2.pub`, 'utf8')).toContain(readStateKey(fs.readFileSync(`${path}2`, 'utf8')).publicLine);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'secret', '-f', `${path}3`]);
    expect(() => readStateKey(fs.readFileSync(`${path}3`, 'utf8'))).toThrow(GitError);
  });
});

describe('trailers', () => {
  test('are the last paragraph when all of it is trailers', () => {
    expect([...parseTrailers('Subject\n\nBody\n\nA: 1\nB-C: 2\nA: 3\n')]).toEqual([['A', ['1', '3']], ['B-C', ['2']]]);
    expect(parseTrailers('A: 1\n').size).toBe(0);
    expect(parseTrailers('Subject\n\nA: 1\nnot a trailer\n').size).toBe(0);
  });
});
