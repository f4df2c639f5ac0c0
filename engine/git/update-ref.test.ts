import { mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { stockGit } from '../testing/stock-git.ts';
import { createRepository } from './repository.ts';
import { readReference } from './references.ts';
import { ReferenceWriter } from './update-ref.ts';

const main = 'refs/heads/main';
let folder: string;
let writer: ReferenceWriter;
let commits: readonly string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cameleer-refs-'));
  await createRepository(folder);
  commits = ['one', 'two', 'three', 'four'].map((message) => stockGit(folder, ['commit-tree', '-m', message, stockGit(folder, ['mktree'], { input: '' })]));
  writer = new ReferenceWriter(folder);
});
afterEach(async () => {
  writer.close();
  await rm(folder, { recursive: true, force: true });
});

test('never writes over a value that others have packed, though its git takes an old packed-refs for the current one', async () => {
  const [one = '', two = '', three = '', four = ''] = commits;
  await writer.update({ name: main, before: undefined, after: one });
  stockGit(folder, ['pack-refs', '--all', '--prune']);
  // Git looks at packed-refs, and keeps what it says.
  await writer.update({ name: 'refs/heads/other', before: undefined, after: two });
  const path = join(folder, 'packed-refs');
  const { atime, mtime } = await stat(path);
  // A file of the same number, size and time: git compares no more.
  await writeFile(path, (await readFile(path, 'utf8')).replace(one, three));
  await utimes(path, atime, mtime);
  await expect(writer.update({ name: main, before: one, after: four })).rejects.toMatchObject({ code: 'ref_moved' });
  expect(await readReference(folder, main)).toBe(three);
  await writer.update({ name: main, before: three, after: four });
  expect(await readReference(folder, main)).toBe(four);
});
