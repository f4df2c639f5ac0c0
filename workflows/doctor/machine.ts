import { constants } from 'node:fs';
import { access, chmod, open, readdir, stat, statfs, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { runGit } from '../../engine/index.ts';
import type { Raw } from './examine.ts';

const leastFree = { share: 0.05, bytes: 1024 ** 3 };

interface Place {
  /** The data directory. */
  readonly directory: string;
  readonly repository: string;
  /** Folder of the private keys. */
  readonly keys: string;
  readonly repair: boolean;
}

/** What the data directory stands on: git, disk, file system, permissions. */
export async function examineMachine({ directory, repository, keys, repair }: Place): Promise<readonly Raw[]> {
  return [...(await gitVersion(repository)), ...(await disk(repository)), ...(await flushing(repository)), ...(await writable([directory, ...['', 'objects', 'refs'].map((name) => join(repository, name))])), ...(await privateKeys(keys, repair))];
}

async function gitVersion(repository: string): Promise<readonly Raw[]> {
  const text = (await runGit(repository, ['--version']).catch(() => Buffer.from('no git'))).toString('latin1').trim();
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

async function flushing(repository: string): Promise<readonly Raw[]> {
  const folder = join(repository, 'objects');
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

async function writable(folders: readonly string[]): Promise<readonly Raw[]> {
  const found: Raw[] = [];
  for (const path of folders) {
    const code = await touch(path).then(() => undefined, (error: NodeJS.ErrnoException) => error.code);
    if (code !== undefined) found.push({ code: 'not_writable', where: `${path}: ${code}` });
  }
  return found;
}

/** Leaves the folder's times as they are. A file system that a fault has made read-only says so only when it is to write. */
async function touch(path: string): Promise<void> {
  await access(path, constants.W_OK);
  const { uid, atime, mtime } = await stat(path);
  if (uid === process.getuid?.()) await utimes(path, atime, mtime);
}

async function privateKeys(folder: string, repair: boolean): Promise<readonly Raw[]> {
  const found: Raw[] = [];
  const names: readonly string[] = await readdir(folder).catch(() => []);
  for (const path of names.filter((name) => name !== 'allowed-signers').map((name) => join(folder, name))) {
    const { mode } = await stat(path);
    if ((mode & 0o077) === 0) continue;
    if (repair) await chmod(path, 0o600);
    found.push({ code: 'key_readable', where: path, repaired: repair });
  }
  return found;
}
