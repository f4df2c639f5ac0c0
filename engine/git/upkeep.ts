import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withGcLock } from './gc-lock.ts';
import { runGit } from './run-git.ts';

/** As `git gc --auto` estimates: one of 256 folders stands for all. */
const sampleFolder = '17';
const looseFrom = 4000;
const packsFrom = 100;

async function count(path: string, ending: string): Promise<number> {
  const names = await readdir(path).catch(() => []);
  return names.filter((name) => name.endsWith(ending)).length;
}

/**
 * Packs loose objects and joins small packs when there are many, in a process of its own beside the writer. Nothing is ever
 * dropped, reachable or not: what the writer has just made may not be referred to yet. Answers whether it did something.
 */
export async function upkeep(directory: string): Promise<boolean> {
  const loose = (await count(join(directory, 'objects', sampleFolder), '')) * 256;
  const packs = await count(join(directory, 'objects', 'pack'), '.pack');
  if (loose < looseFrom && packs < packsFrom) return false;
  return withGcLock(directory, async () => {
    await runGit(directory, ['-c', 'core.fsync=all', '-c', 'pack.threads=1', 'repack', '--geometric=2', '-d', '-q']);
  });
}
