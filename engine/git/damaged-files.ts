import { mkdir, readdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { isConnected } from './collect.ts';
import { GitError } from './git-error.ts';
import { runGitAside } from './run-git.ts';

/** Stems of packs whose bytes are not what their index or checksum says, and loose objects that are not what their id says. */
export async function damagedFiles(directory: string): Promise<readonly string[]> {
  const folder = join(directory, 'objects', 'pack');
  const damaged: string[] = [];
  for (const name of (await readdir(folder)).filter((each) => each.endsWith('.idx'))) {
    const sound = await runGitAside(directory, ['verify-pack', join(folder, name)]).then(() => true, () => false);
    if (!sound) damaged.push(join(folder, name.slice(0, -'.idx'.length)));
  }
  return [...damaged, ...(await damagedLoose(directory))];
}

async function damagedLoose(directory: string): Promise<readonly string[]> {
  const said = await runGitAside(directory, ['fsck', '--no-dangling', '--no-progress']).then(() => '', (error: unknown) => complaintsOf(error));
  const found = new Set([...said.matchAll(/corrupt or missing: .*?objects\/([0-9a-f]{2}\/[0-9a-f]{38})/g), ...said.matchAll(/objects\/([0-9a-f]{2}\/[0-9a-f]{38})/g)].map(([, path]) => path ?? ''));
  const there: string[] = [];
  for (const path of found) {
    const names: readonly string[] = await readdir(join(directory, 'objects', path.slice(0, 2))).catch(() => []);
    if (names.includes(path.slice(3))) there.push(join(directory, 'objects', path));
  }
  return there;
}

function complaintsOf(error: unknown): string {
  return error instanceof GitError && error.cause instanceof Error ? error.cause.message : '';
}

/**
 * Moves damaged files into `damaged/` of the repository when everything that a ref leads to is there without them; else they
 * stay where they are. Answers whether they were moved.
 */
export async function setDamagedAside(directory: string, stems: readonly string[]): Promise<boolean> {
  const aside = join(directory, 'damaged');
  await mkdir(aside, { recursive: true });
  const moved: (readonly [string, string])[] = [];
  for (const stem of stems) {
    const folder = join(stem, '..');
    // A loose object has no ending; its name alone would not say which it is.
    for (const name of (await readdir(folder)).filter((each) => each === basename(stem) || each.startsWith(`${basename(stem)}.`))) {
      const to = join(aside, `${basename(folder)}-${name}`);
      await rename(join(folder, name), to);
      moved.push([join(folder, name), to]);
    }
  }
  if (await isConnected(directory)) return true;
  for (const [from, to] of moved) await rename(to, from);
  return false;
}
