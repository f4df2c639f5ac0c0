import { constants } from 'node:fs';
import { access, chmod, open, readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from '../../engine/index.ts';
import type { Raw } from './examine.ts';

const leastFree = { share: 0.05, bytes: 1024 ** 3 };

/** What the data directory stands on: git, disk, file system, permissions. */
export async function examineMachine(directory: string, repair: boolean): Promise<readonly Raw[]> {
  return [...(await gitVersion(directory)), ...(await disk(directory)), ...(await flushing(directory)), ...(await permissions(directory, repair))];
}

async function gitVersion(directory: string): Promise<readonly Raw[]> {
  const text = (await runGit(join(directory, 'state.git'), ['--version']).catch(() => Buffer.from('no git'))).toString('latin1').trim();
  return isOldGit(text) ? [{ code: 'git_too_old', where: text }] : [];
}

/** `text`: what `git --version` says. */
export function isOldGit(text: string): boolean {
  const [, major = '0', minor = '0'] = /(\d+)\.(\d+)/.exec(text) ?? [];
  return Number(major) < 2 || (Number(major) === 2 && Number(minor) < 39);
}

async function disk(directory: string): Promise<readonly Raw[]> {
  const { bavail, blocks, bsize } = await statfs(directory);
  const free = bavail * bsize;
  return isNearlyFull({ free, size: blocks * bsize }) ? [{ code: 'disk_nearly_full', where: `${directory}: ${Math.round(free / 1024 ** 2)} MiB free` }] : [];
}

/** Bytes. */
export function isNearlyFull({ free, size }: { readonly free: number; readonly size: number }): boolean {
  return free < leastFree.bytes || free < size * leastFree.share;
}

async function flushing(directory: string): Promise<readonly Raw[]> {
  const folder = join(directory, 'state.git', 'objects');
  try {
    const handle = await open(folder, 'r');
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
    return [];
  } catch (error) {
    return [{ code: 'folder_flush_unsupported', where: `${folder}: ${(error as NodeJS.ErrnoException).code ?? ''}` }];
  }
}

async function permissions(directory: string, repair: boolean): Promise<readonly Raw[]> {
  const found: Raw[] = [];
  for (const name of ['state.git', 'state.git/objects', 'state.git/refs']) {
    const writable = await access(join(directory, name), constants.W_OK).then(() => true, () => false);
    if (!writable) found.push({ code: 'not_writable', where: join(directory, name) });
  }
  const keys = join(directory, 'keys');
  const names: readonly string[] = await readdir(keys).catch(() => []);
  if (!names.includes('state')) found.push({ code: 'key_missing', where: join(keys, 'state') });
  for (const path of names.filter((name) => name !== 'allowed-signers').map((name) => join(keys, name))) {
    const { mode } = await stat(path);
    if ((mode & 0o077) === 0) continue;
    if (repair) await chmod(path, 0o600);
    found.push({ code: 'key_readable', where: path, repaired: repair });
  }
  return found;
}
