import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GitError } from './git-error.ts';
import { syncDirectory } from './loose-objects.ts';
import { runGitAside } from './run-git.ts';

export interface CollectOptions {
  readonly now: Date;
  /** How long an object must have been found unreachable before it goes; default: three days. */
  readonly expiryMilliseconds?: number;
  /** Ends it; what is there stays whole. */
  readonly signal?: AbortSignal;
}

/** Much longer than any write, push or plan. */
const defaultExpiry = 3 * 24 * 60 * 60 * 1000;
const growthBytes = 16 * 1024 * 1024;
const dayMilliseconds = 24 * 60 * 60 * 1000;
const attempts = 5;
const expiredFolder = 'cameleer-expired';
const recordFile = 'cameleer-upkeep.json';

/** What the last collection left. */
interface Collected {
  readonly at: number;
  readonly bytes: number;
}

async function lastCollection(directory: string): Promise<Collected | undefined> {
  try {
    const { at, bytes } = JSON.parse(await readFile(join(directory, recordFile), 'utf8')) as Partial<Collected>;
    return typeof at === 'number' && typeof bytes === 'number' ? { at, bytes } : undefined;
  } catch {
    return undefined;
  }
}

interface PackFile {
  readonly path: string;
  readonly bytes: number;
  readonly cruft: boolean;
}

async function packsOf(folder: string): Promise<readonly PackFile[]> {
  const names = new Set(await readdir(folder).catch(() => [] as string[]));
  const packs: PackFile[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const found = name.endsWith('.pack') ? await stat(path).catch(() => undefined) : undefined;
    if (found !== undefined) packs.push({ path, bytes: found.size, cruft: names.has(`${name.slice(0, -'.pack'.length)}.mtimes`) });
  }
  return packs;
}

async function packedBytes(directory: string): Promise<number> {
  return (await packsOf(join(directory, 'objects', 'pack'))).reduce((sum, { bytes }) => sum + bytes, 0);
}

/** When it has grown by half, which keeps the work in proportion to what is written; or once a day when it has grown at all. */
export async function collectionPays(directory: string, now: Date): Promise<boolean> {
  const [last, bytes] = [await lastCollection(directory), await packedBytes(directory)];
  if (last === undefined) return bytes > growthBytes;
  const grown = bytes - last.bytes;
  return grown > Math.max(growthBytes, last.bytes / 2) || (grown > 0 && now.getTime() - last.at > dayMilliseconds);
}

/**
 * Packs everything that is reachable into one pack, and what is not into a cruft pack (gitformat-pack(5)) that says since when
 * each object has been found unreachable; what has been for longer than the expiry is set aside, and deleted by the collection
 * after the next. The caller holds the lock of upkeep.
 *
 * Why no object is lost that somebody is about to refer to: a writer writes every object that it makes, also one that is
 * there already, into a file of its own name, and files that appear while this runs are not touched. git's own writers do the
 * same for an object that is only in a cruft pack. Whoever names an old unreachable object by its id while this runs gets it
 * back: refs are checked afterwards, and again before anything that was set aside is deleted.
 */
export async function collect(directory: string, { now, expiryMilliseconds = defaultExpiry, signal }: CollectOptions): Promise<void> {
  const expired = join(directory, expiredFolder);
  if (!(await isConnected(directory, signal))) {
    await putBack(directory);
    if (!(await isConnected(directory, signal))) throw new GitError('object_missing', 'Refs of the state repository lead to objects that are missing, so nothing is collected. Run cameleer doctor.');
  }
  await rm(expired, { recursive: true, force: true });
  await mkdir(expired);
  await startClocks(directory, now);
  const seconds = Math.ceil(expiryMilliseconds / 1000);
  await packAnew(directory, [`--cruft-expiration=${seconds}.seconds.ago`, `--expire-to=${join(expired, 'pack')}`], signal);
  if (!(await isConnected(directory, signal))) await putBack(directory);
  await writeFile(join(directory, recordFile), JSON.stringify({ at: now.getTime(), bytes: await packedBytes(directory) }));
}

/** git gives up, having changed nothing, when it meets a pack that a writer is just naming. */
async function packAnew(directory: string, options: readonly string[], signal?: AbortSignal): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await runGitAside(directory, ['repack', '--cruft', ...options, '-d', '-q'], signal);
      return;
    } catch (error) {
      if (attempt === attempts || signal?.aborted === true) throw error;
    }
  }
}

/**
 * An object's time is that of its pack, or of the cruft pack's list once it is there. The packs of what was reachable until
 * now may be old: their time becomes the present, so that the expiry counts from when an object was first found unreachable.
 */
async function startClocks(directory: string, now: Date): Promise<void> {
  for (const { path, cruft } of await packsOf(join(directory, 'objects', 'pack'))) {
    if (!cruft) await utimes(path, now, now).catch(() => {});
  }
}

/** Whether everything that a ref leads to is there. */
export async function isConnected(directory: string, signal?: AbortSignal): Promise<boolean> {
  const connected = await runGitAside(directory, ['rev-list', '--objects', '--all', '--quiet'], signal).then(() => true, () => false);
  signal?.throwIfAborted();
  return connected;
}

/** Makes objects that were set aside the repository's again. Answers how many packs there were. */
export async function putBack(directory: string): Promise<number> {
  const [from, to] = [join(directory, expiredFolder), join(directory, 'objects', 'pack')];
  const packs = await packsOf(from);
  for (const { path } of packs) {
    const stem = path.slice(0, -'.pack'.length);
    const name = join(to, `pack-${randomBytes(20).toString('hex')}`);
    // Without its list of times it is a pack like any other, and as new as today.
    for (const ending of ['.pack', '.idx']) await rename(`${stem}${ending}`, `${name}${ending}`);
  }
  await syncDirectory(to);
  return packs.length;
}
