import { array, assert, constant, integer, nat, oneof, property, uint8Array } from 'fast-check';
import { execFileSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EMPTY_TREE, FILE_MODE, ObjectDraft, spliceTree } from './index.ts';
import type { Repository } from './index.ts';
import { writePack } from './pack-objects.ts';
import { objectId } from './object-id.ts';
import { makeRepository } from '../testing/made-repository.ts';
import { stockGit } from '../testing/stock-git.ts';

let directory: string;
let repository: Repository;
let remove: () => Promise<void>;

beforeAll(async () => {
  ({ directory, repository, remove } = await makeRepository());
});
afterAll(() => remove());

async function packsOf(): Promise<string[]> {
  return (await readdir(join(directory, 'objects/pack'))).filter((name) => name.endsWith('.idx')).map((name) => join(directory, 'objects/pack', name));
}

/** As git reads them, in the order of the ids. */
function readBack(ids: readonly string[]): string[] {
  const output = execFileSync('git', ['-C', directory, 'cat-file', '--batch'], { input: `${ids.join('\n')}\n`, maxBuffer: 1 << 28 });
  const found: string[] = [];
  for (let at = 0; at < output.length; ) {
    const end = output.indexOf(10, at);
    const [, type = '', size = ''] = output.toString('latin1', at, end).split(' ');
    const content = output.subarray(end + 1, end + 1 + Number(size));
    found.push(objectId(type as 'blob', content));
    at = end + 1 + Number(size) + 1;
  }
  return found;
}

test('the versions of a large folder are deltas that git reads, in chains that git makes as long', async () => {
  const draft = new ObjectDraft(repository.objects);
  const blob = (text: string) => draft.add('blob', Buffer.from(text));
  const trees = [await spliceTree(draft, EMPTY_TREE, new Map(Array.from({ length: 800 }, (_, index) => [`t${index}`, { mode: FILE_MODE, oid: blob('x') }])))];
  for (let turn = 0; turn < 120; turn += 1) {
    const name = turn % 3 === 0 ? `new${turn}` : `t${(turn * 37) % 800}`;
    trees.push(await spliceTree(draft, trees.at(-1) ?? EMPTY_TREE, new Map([[name, turn % 5 === 4 ? null : { mode: FILE_MODE, oid: blob(`${turn}`) }]])));
  }
  const before = await packsOf();
  await repository.objects.write(draft.objects());
  const pack = (await packsOf()).find((name) => !before.includes(name)) ?? '';
  expect(readBack(trees)).toEqual(trees);
  const listed = stockGit(directory, ['verify-pack', '-v', pack]);
  const depths = [...listed.matchAll(/^[0-9a-f]{40} tree +\d+ \d+ \d+ (\d+) /gm)].map(([, depth]) => Number(depth));
  expect(depths.length).toBeGreaterThan(100);
  expect(Math.max(...depths)).toBe(50);
});

test('what one object was made from is never more than a hint', async () => {
  const edits = array(oneof(uint8Array({ minLength: 1, maxLength: 300 }), constant(new Uint8Array())), { minLength: 1, maxLength: 6 });
  const packs: { readonly oid: string; readonly type: 'blob'; readonly content: Buffer; readonly madeFrom: string }[][] = [];
  assert(property(uint8Array({ maxLength: 70_000, size: 'max' }), edits, nat(), integer({ min: 0, max: 400 }), (start, inserted, seed, removed) => {
    let content = Buffer.from(start);
    let madeFrom = '0'.repeat(40);
    const objects = new Map<string, (typeof packs)[number][number]>();
    for (const [turn, part] of inserted.entries()) {
      const at = (seed * (turn + 1)) % (content.length + 1);
      content = Buffer.concat([content.subarray(0, at), part, content.subarray(Math.min(content.length, at + removed))]);
      const oid = objectId('blob', content);
      objects.set(oid, { oid, type: 'blob', content, madeFrom });
      madeFrom = oid;
    }
    packs.push([...objects.values()]);
  }), { numRuns: 60 });
  for (const objects of packs) await writePack(directory, objects);
  const ids = packs.flat().map(({ oid }) => oid);
  expect(readBack(ids)).toEqual(ids);
});
