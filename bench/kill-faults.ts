import { readdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stockGit } from '../engine/testing/stock-git.ts';

/** Leaves the lock that a git has which is killed between taking it and its rename: hardly a kill hits that moment by itself. */
export function leaveLock(directory: string): void {
  writeFileSync(join(directory, 'refs/heads/main.lock'), '');
}

/** Makes the locks that a killed git left as old as they are a minute later, when the engine may remove them. Answers how many. */
export async function agePendingLocks(directory: string): Promise<number> {
  const entries = await readdir(join(directory, 'refs'), { recursive: true, withFileTypes: true });
  const locks = [...entries.filter(({ name }) => name.endsWith('.lock')).map((entry) => join(entry.parentPath, entry.name)), ...['packed-refs.lock', 'HEAD.lock'].map((name) => join(directory, name))];
  const old = new Date(Date.now() - 120_000);
  let count = 0;
  for (const path of locks) {
    try {
      utimesSync(path, old, old);
      count += 1;
    } catch {
      // A git that outlived its parent has finished.
    }
  }
  return count;
}

/** Sets `main` back to the last commit that was answered for: a power failure may undo what nobody waited for. */
export function loseUnansweredCommits(directory: string, answered: ReadonlySet<string>): number {
  const chain = stockGit(directory, ['rev-list', '--first-parent', 'main']).split('\n');
  const tail = chain.findIndex((commit) => answered.has(commit));
  if (tail < 1) return 0;
  writeFileSync(join(directory, 'refs/heads/main'), `${chain[tail] ?? ''}\n`);
  return tail;
}

/** Sets a cell's branch back by some commits: its updates are not waited for on the disk. */
export function loseCellUpdates(directory: string, random: () => number): number {
  const cells = stockGit(directory, ['for-each-ref', '--format=%(refname)', 'refs/heads/cells']).split('\n');
  const cell = cells[Math.floor(random() * cells.length)];
  if (cell === undefined || cell === '') return 0;
  const chain = stockGit(directory, ['rev-list', '--max-count=5', cell]).split('\n');
  const back = Math.floor(random() * chain.length);
  writeFileSync(join(directory, cell), `${chain[back] ?? ''}\n`);
  return back;
}

/** Leaves a file of a killed writer that was written half: under the name that it has before it is flushed. */
export function tearPack(directory: string, random: () => number): number {
  const folder = join(directory, 'objects/pack');
  const pack = readdirSync(folder).find((name) => name.endsWith('.pack'));
  if (pack === undefined) return 0;
  const { size } = statSync(join(folder, pack));
  writeFileSync(join(folder, `tmp_pack_${Math.floor(random() * 1e12).toString(36)}`), Buffer.alloc(Math.floor(random() * size)));
  writeFileSync(join(directory, 'objects', `tmp_obj_${Math.floor(random() * 1e12).toString(36)}`), Buffer.alloc(20));
  return 2;
}
