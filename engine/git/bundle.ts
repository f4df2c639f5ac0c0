import { open, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createRepository } from './repository.ts';
import { runGit, runGitAside } from './run-git.ts';

/** Writes every ref, and all that it leads to, into one file, durably; writers go on meanwhile. Throws `git_failed`. */
export async function writeBundle(directory: string, file: string): Promise<void> {
  const frozen = `${resolve(file)}.refs`;
  try {
    await freeze(directory, frozen);
    await runGitAside(frozen, ['bundle', 'create', '--quiet', resolve(file), '--all']);
  } finally {
    await rm(frozen, { recursive: true, force: true });
  }
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A repository with the refs of this moment and the objects of the other: git leaves a ref out of a bundle that moves while it is made. */
async function freeze(directory: string, frozen: string): Promise<void> {
  await createRepository(frozen);
  await writeFile(join(frozen, 'objects/info/alternates'), `${join(resolve(directory), 'objects')}\n`);
  await writeFile(join(frozen, 'packed-refs'), await runGit(directory, ['for-each-ref', '--format=%(objectname) %(refname)']));
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
