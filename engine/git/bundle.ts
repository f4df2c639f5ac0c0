import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createRepository } from './repository.ts';
import { runGit, runGitAside } from './run-git.ts';

/** Writes every ref, and all that it leads to, into one file, durably; writers go on meanwhile. Throws `git_failed`. */
export async function writeBundle(directory: string, file: string): Promise<void> {
  await runGitAside(directory, ['bundle', 'create', '--quiet', resolve(file), '--all']);
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a bare repository of a bundle, and checks every object of it. Throws `git_failed`, with what git said as the cause. */
export async function readBundle(file: string, directory: string): Promise<void> {
  await createRepository(directory);
  await runGit(directory, ['bundle', 'verify', '--quiet', resolve(file)]);
  await runGit(directory, ['-c', 'core.fsync=all', '-c', 'pack.threads=1', '-c', 'gc.auto=0', 'fetch', '--quiet', '--no-tags', resolve(file), 'refs/*:refs/*']);
  await checkObjects(directory);
}

/** `git fsck --strict`: every object is what its id says, breaks no rule of git, and whatever it names is there. */
export async function checkObjects(directory: string): Promise<void> {
  await runGit(directory, ['fsck', '--strict', '--no-dangling', '--no-progress']);
}
