import { readdirSync } from 'node:fs';
import { rm, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { encodeCommit, FILE_MODE, leftovers, ObjectDraft, spliceTree, upkeep } from './index.ts';
import type { Repository } from './index.ts';
import { exclusively } from './exclusive.ts';
import { makeRepository } from '../testing/made-repository.ts';
import { stockGit } from '../testing/stock-git.ts';

const day = 24 * 60 * 60 * 1000;
const stamp = { name: 'usr_x', email: 'usr_x@users.noreply.cameleer.io', seconds: 1_700_000_000, zone: '+0000' };
let folder: string;
let directory: string;
let repository: Repository;
let remove: () => Promise<void>;
let head: string | undefined;

beforeEach(async () => {
  ({ folder, directory, repository, remove } = await makeRepository());
  head = undefined;
});
afterEach(() => remove());

const later = (milliseconds: number) => new Date(Date.now() + milliseconds);
const collect = (now: Date, expiryMilliseconds = day) => upkeep(directory, { now, collect: true, expiryMilliseconds });
const git = (args: readonly string[], input?: string) => stockGit(directory, args, { input });
const has = (id: string) => git(['cat-file', '--batch-check=%(objecttype)'], `${id}\n`) !== `${id} missing`;

/** Packing may just have removed the folder in which git makes the file: git then fails, and is asked again. */
function garbage(text: string): string {
  const write = () => git(['hash-object', '-w', '--stdin'], text);
  try {
    return write();
  } catch {
    return write();
  }
}

/** A commit of one file on `main`, made as the engine makes one. Answers its id and that of the file. */
async function commit(text: string, path = 'file'): Promise<{ readonly id: string; readonly blob: string }> {
  const draft = new ObjectDraft(repository.objects);
  const blob = draft.add('blob', Buffer.from(text));
  const base = head === undefined ? '4b825dc642cb6eb9a060e54bf8d69288fbee4904' : (await repository.objects.commit(head)).tree;
  const tree = await spliceTree(draft, base, new Map([[path, { mode: FILE_MODE, oid: blob }]]));
  const fields = { tree, parents: head === undefined ? [] : [head], author: stamp, committer: stamp, message: `Write ${text.slice(0, 20)}\n` };
  const id = draft.add('commit', encodeCommit(fields, () => ''));
  await repository.objects.write(draft.objects());
  await repository.move({ name: 'refs/heads/main', before: head, after: id }, new Date());
  head = id;
  return { id, blob };
}

describe('what nothing refers to', () => {
  test('goes when it has been so for longer than the expiry, not before', async () => {
    await commit('one');
    const lost = garbage('a refused draft');
    await collect(later(0));
    await collect(later(0));
    expect(has(lost)).toBe(true);
    await setTimeout(1100);
    await collect(later(0), 1000);
    expect(has(lost)).toBe(false);
    git(['fsck', '--strict']);
  });

  test('is as old as the moment in which it was first found unreachable, not as the pack that it is in', async () => {
    const first = await commit('one');
    const { blob } = await commit('two');
    await collect(later(0));
    const old = new Date(Date.now() - 100 * day);
    for (const name of readdirSync(join(directory, 'objects/pack'))) await utimes(join(directory, 'objects/pack', name), old, old);
    git(['update-ref', 'refs/heads/main', first.id]);
    await collect(later(0), day);
    expect(has(blob)).toBe(true);
  });

  test('comes back when a ref leads to it after all', async () => {
    const first = await commit('one');
    const second = await commit('two');
    git(['update-ref', 'refs/heads/main', first.id]);
    await collect(later(0));
    await setTimeout(1100);
    await collect(later(0), 1000);
    expect(has(second.blob)).toBe(false);
    await writeFile(join(directory, 'refs/heads/late'), `${second.id}\n`);
    await collect(later(0), 1000);
    expect(has(second.blob)).toBe(true);
    git(['fsck', '--strict']);
  });
});

test('writers lose nothing beside collections that wait hardly longer than a write takes, though what they write was there and about to go', { timeout: 120_000 }, async () => {
  const [turns, expiry] = [160, 3_000];
  const written = new AbortController();
  let collections = 0;
  const collecting = (async () => {
    while (!written.signal.aborted) {
      if ((await collect(later(0), expiry)) === 'collected') collections += 1;
    }
  })();
  for (let turn = 0; turn < turns; turn += 1) {
    for (let ahead = turn; ahead < turn + 4; ahead += 1) garbage(`text ${ahead}\n`);
    await commit(`text ${turn}\n`, `folder-${turn % 7}/file-${turn}`);
    const blob = garbage(`pushed ${turn}\n`);
    const tree = git(['mktree'], `100644 blob ${blob}\tfile\n`);
    git(['update-ref', `refs/heads/pushed-${turn % 5}`, git(['commit-tree', tree, '-m', `Push ${turn}`])]);
  }
  written.abort();
  await collecting;
  expect(collections).toBeGreaterThan(1);
  expect(git(['rev-list', '--count', 'main'])).toBe(String(turns));
  expect(git(['fsck', '--strict', '--connectivity-only', '--no-dangling'])).toBe('');
  git(['rev-list', '--objects', '--all', '--quiet']);
  await setTimeout(expiry + 1_100);
  await collect(later(0), expiry);
  expect(Number(/^size-pack: (\d+)$/m.exec(git(['count-objects', '-v']))?.[1])).toBeLessThan(100);
});

describe('upkeep', () => {
  test('is done by one process at a time, and a killed one does not keep it', async () => {
    await commit('one');
    await exclusively(directory, 'upkeep', async () => expect(await collect(later(0))).toBe('busy'));
    await writeFile(join(directory, 'gc.pid'), `${process.pid} elsewhere`);
    expect(await collect(later(0))).toBe('busy');
    await writeFile(join(directory, 'gc.pid.cameleer'), `${process.pid} elsewhere`);
    await writeFile(join(directory, 'gc.pid.lock'), '');
    await utimes(join(directory, 'gc.pid.lock'), new Date(0), new Date(0));
    expect(await collect(later(0))).toBe('collected');
    expect(readdirSync(directory).filter((name) => name.startsWith('gc.pid'))).toEqual([]);
  });

  test('keeps a commit-graph that knows the paths of every commit, and mends it', async () => {
    for (let turn = 0; turn < 12; turn += 1) await commit(`text ${turn}`);
    await collect(later(0));
    const graphs = join(directory, 'objects/info/commit-graphs');
    const trace = () => stockGit(directory, ['log', '--oneline', '--', 'file'], { environment: { GIT_TRACE2_PERF: join(folder, 'trace') } });
    expect(trace().split('\n')).toHaveLength(12);
    expect(readdirSync(graphs).length).toBeGreaterThan(1);
    git(['commit-graph', 'verify']);
    const file = readdirSync(graphs).find((name) => name.endsWith('.graph')) ?? '';
    await rm(join(graphs, file));
    await writeFile(join(graphs, file), 'not a graph');
    await commit('more');
    await collect(later(0));
    git(['commit-graph', 'verify']);
    expect(trace().split('\n')).toHaveLength(13);
  });

  test('waits for who is writing, until there is far too much to read through', async () => {
    await commit('one');
    const look = (busy: boolean) => upkeep(directory, { now: new Date(), busy });
    // Packs without an index are counted, and are none to git.
    const packs = (count: number) => Promise.all(Array.from({ length: count }, (_, index) => writeFile(join(directory, 'objects/pack', `pack-${count}-${index}.pack`), '')));
    await packs(100);
    expect(await look(true)).toBe('nothing_to_do');
    expect(await look(false)).toBe('joined');
    await packs(500);
    expect(await look(true)).toBe('joined');
  });

  test('removes what killed processes left, and nothing that may still be written', async () => {
    await commit('one');
    const half = ['pack', 'keep'].map((ending) => `pack-00000000000000000000000000000000000000aa.${ending}`);
    for (const name of half) await writeFile(join(directory, 'objects/pack', name), `cameleer is writing this pack\n4194305 ${hostname()}\n`);
    const names = ['objects/tmp_obj_x', 'objects/pack/tmp_pack_x', 'cameleer-rendered.json.abc123.new'];
    const [running, dead] = [process.pid, 4_194_305].map((pid) => `.tmp-${pid}-pack-00.idx`);
    for (const name of [...names, `objects/pack/${running}`, `objects/pack/${dead}`]) await writeFile(join(directory, name), 'x');
    await collect(later(0));
    expect(readdirSync(join(directory, 'objects/pack')).filter((name) => name.startsWith('.tmp'))).toEqual([running]);
    expect(readdirSync(join(directory, 'objects/pack')).filter((name) => half.includes(name))).toEqual([]);
    expect(names.filter((name) => !readdirSync(join(directory, name, '..')).includes(name.split('/').at(-1) ?? ''))).toEqual([]);
    expect(await leftovers(directory, later(day))).toHaveLength(names.length);
    await collect(later(day));
    expect(await leftovers(directory, later(day))).toEqual([]);
    git(['fsck', '--strict']);
  });
});
