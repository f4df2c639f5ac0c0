import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFixture } from './testing/fixture.ts';

/** One call of the kernel: where it stands in the trace when it begins and when it has ended. */
interface Call {
  readonly what: 'sync' | 'rename' | 'say';
  /** Of a rename: the new name. Of what was said: the text. */
  readonly path: string;
  readonly from: string;
  readonly begins: number;
  ends: number;
}

/** Reads what `strace -f -y` wrote, calls of several threads interleaved. Paths are below the repository. */
function readTrace(file: string, directory: string): readonly Call[] {
  const calls: Call[] = [];
  const open = new Map<string, Call>();
  for (const [at, line] of readFileSync(file, 'utf8').split('\n').entries()) {
    const [, pid = '', rest = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    if (rest.startsWith('<... ')) {
      const call = open.get(pid);
      if (call !== undefined) call.ends = at;
      open.delete(pid);
      continue;
    }
    const call = callOf(rest, at, directory);
    if (call === undefined) continue;
    calls.push(call);
    if (rest.includes('<unfinished ...>')) open.set(pid, call);
  }
  return calls;
}

function callOf(text: string, at: number, directory: string): Call | undefined {
  const inside = (path = '') => path.replace(`${directory}/`, '');
  const [, synced] = /^f(?:data)?sync\(\d+<([^>]+)>/.exec(text) ?? [];
  if (synced !== undefined) return { what: 'sync', path: inside(synced), from: '', begins: at, ends: at };
  const [, from, to] = /^rename(?:at2?)?\((?:AT_FDCWD[^,]*, )?"([^"]+)", (?:AT_FDCWD[^,]*, )?"([^"]+)"/.exec(text) ?? [];
  if (to !== undefined) return { what: 'rename', path: inside(to), from: inside(from), begins: at, ends: at };
  const [, said] = /^write\(1<[^>]*>, "((?:open|ack) ?[0-9a-f]*)/.exec(text) ?? [];
  return said === undefined ? undefined : { what: 'say', path: said, from: '', begins: at, ends: at };
}

test('a write is answered after its objects, their folder, main and its folder have been flushed, in this order', { timeout: 120_000 }, async () => {
  const fixture = await makeFixture(2);
  await (await fixture.open()).close();
  const file = join(fixture.folder, 'trace');
  const writer = [process.execPath, join(import.meta.dirname, '../bench/writer.child.ts'), 'once', fixture.directory, '0', fixture.state.tenantIds[0] ?? ''];
  execFileSync('strace', ['-f', '-y', '-s', '200', '-e', 'trace=rename,renameat,renameat2,fsync,fdatasync,write', '-e', 'signal=none', '-o', file, ...writer]);
  const all = readTrace(file, fixture.directory);
  await fixture.remove();
  const said = (word: string) => all.find(({ what, path }) => what === 'say' && path.startsWith(word))?.begins ?? Number.NaN;
  const [opened, answered] = [said('open'), said('ack')];
  const calls = all.filter(({ begins }) => begins > opened && begins < answered);
  const renames = (pattern: RegExp) => calls.filter(({ what, path }) => what === 'rename' && pattern.test(path));
  const flushed = (path: string, after: number, before: number) => calls.some((call) => call.what === 'sync' && call.path === path && call.begins > after && call.ends < before);

  const objects = renames(/^objects\//);
  expect(objects.length).toBeGreaterThan(1);
  const [main, ...others] = renames(/^refs\/heads\/main$/);
  expect(others).toEqual([]);
  const moved = main ?? { begins: Number.NaN, ends: Number.NaN, from: '' };
  for (const { from, path, begins, ends } of objects) {
    expect(flushed(from, opened, begins), `${path} is flushed before it gets its name`).toBe(true);
    expect(flushed(path.slice(0, path.lastIndexOf('/')), ends, moved.begins), `the folder of ${path} is flushed before main moves`).toBe(true);
  }
  expect(flushed(moved.from, opened, moved.begins), 'the new value of main is flushed before it gets its name').toBe(true);
  for (const folder of ['refs/heads', 'refs']) expect(flushed(folder, moved.ends, answered), `${folder} is flushed before the answer`).toBe(true);
  expect(renames(/^refs\/heads\/cells\//).filter(({ begins }) => begins > moved.ends).length, 'the cells follow before the answer').toBeGreaterThan(0);
});
