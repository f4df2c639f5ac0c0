import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { diskError, diskErrorOf, GitError } from '../git-error.ts';
import { isAlive } from '../is-alive.ts';
import { syncDirectory, syncFile } from '../loose-objects.ts';
import { ObjectStore } from '../object-store.ts';
import type { ObjectReader } from '../object-store.ts';
import { keepEnding, keepText } from '../pack-objects.ts';
import { spawnGit } from '../run-git.ts';
import { endWith, feed, statusOf } from './child.ts';

export interface PackLimits {
  /** Bytes of the pack as it comes. */
  readonly bytes: number;
  readonly milliseconds: number;
}

/** Objects that a push brought, beside the repository's: nobody else sees them until they are kept. */
export interface Quarantine {
  /** The repository's objects and these. */
  readonly objects: ObjectReader;
  /** Makes them the repository's, durably. Throws `disk_full`; then nothing refers to what was moved. */
  keep(): Promise<void>;
  /** Forgets them, unless they were kept. */
  drop(): Promise<void>;
}

/** A name that `git prune` takes for a leftover of a killed push as well. */
const prefix = 'tmp_objdir-cameleer-';
/** The most memory that git may take at once: a few bytes of a pack can stand for an object of any size. */
const largestAllocation = '128m';
/** Longer than any push may take. */
const abandonedMilliseconds = 60 * 60 * 1000;

/**
 * Takes a pack into a folder of its own and checks it: each object is what git allows, and whatever it names is there. Throws
 * `pack_refused` with what is wrong, `disk_full`, or `git_failed`; then nothing of it is left.
 */
export async function receivePack(directory: string, pack: AsyncIterable<Uint8Array>, { limits, signal }: { limits: PackLimits; signal: AbortSignal }): Promise<Quarantine> {
  const folder = join(directory, 'objects', `${prefix}${process.pid}@${hostname()}@${randomBytes(9).toString('hex')}`);
  const environment = { GIT_OBJECT_DIRECTORY: folder, GIT_ALTERNATE_OBJECT_DIRECTORIES: join(directory, 'objects') };
  try {
    await mkdir(join(folder, 'pack'), { recursive: true });
    await indexPack({ directory, environment, limits, signal: AbortSignal.any([signal, AbortSignal.timeout(limits.milliseconds)]) }, pack);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw diskError(error);
  }
  const objects = new ObjectStore(directory, environment, { wholeCommits: true });
  return {
    objects,
    keep: () => keep(directory, folder),
    async drop() {
      objects.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Indexing {
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly limits: PackLimits;
  readonly signal: AbortSignal;
}

async function indexPack({ directory, environment, limits, signal }: Indexing, pack: AsyncIterable<Uint8Array>): Promise<void> {
  // What is refused need not outlive a power failure; what is kept is flushed then, all files at once.
  const child = spawnGit(directory, ['-c', 'core.fsync=none', '-c', 'pack.threads=1', '-c', 'core.bigFileThreshold=1m', 'index-pack', '--stdin', '--fix-thin', '--strict', `--max-input-size=${limits.bytes}`], { ...environment, GIT_ALLOC_LIMIT: largestAllocation });
  endWith(child, signal);
  child.stdout.resume();
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    if (complaints.length < 10_000) complaints += chunk.toString('utf8');
  });
  const [status] = await Promise.all([statusOf(child), feed(child, pack)]);
  if (signal.aborted) throw new GitError('pack_refused', 'the push took too long, or its connection ended');
  if (status !== 0) throw refusal(complaints, directory);
}

/** What git says of an object, by its id; not what it says of our files. */
const aboutObjects = /^(?:error|warning|fatal): (?:in )?(?:object|tag|tree|commit|blob|did not receive)? ?.*[0-9a-f]{40}.*$/;

function refusal(complaints: string, directory: string): GitError {
  const cause = new Error(complaints.trim());
  const disk = diskErrorOf(complaints);
  if (disk !== undefined) return disk;
  if (complaints.includes('attempting to allocate')) return new GitError('pack_refused', 'the pack holds an object that is larger than the state may hold', { cause });
  if (complaints.includes('exceeds maximum allowed size')) return new GitError('pack_refused', 'the pack is larger than a push may be', { cause });
  const details = complaints.split('\n').filter((line) => aboutObjects.test(line) && !line.includes('/objects/') && !line.includes(directory)).slice(0, 5);
  return new GitError('pack_refused', ['the pack is damaged, incomplete, or breaks the rules of git', ...details].join('\n'), { cause });
}

/** In the order in which git looks: a pack counts once its index is there. */
async function keep(directory: string, folder: string): Promise<void> {
  const to = join(directory, 'objects', 'pack');
  const names = await readdir(join(folder, 'pack'));
  const packs = names.filter((name) => name.endsWith('.pack')).map((name) => name.slice(0, -'.pack'.length));
  const guards = packs.map((name) => join(to, `${name}${keepEnding}`));
  try {
    await Promise.all(names.map((name) => syncFile(join(folder, 'pack', name))));
    for (const guard of guards) await writeFile(guard, keepText);
    for (const ending of ['.rev', '.pack', '.idx']) {
      for (const name of names.filter((candidate) => candidate.endsWith(ending))) await rename(join(folder, 'pack', name), join(to, name));
    }
    await syncDirectory(to);
  } catch (error) {
    throw diskError(error);
  } finally {
    await Promise.all(guards.map((guard) => rm(guard, { force: true })));
  }
}

/** Removes what pushes left behind whose process was killed. */
export async function removeLeftQuarantines(directory: string, now: Date): Promise<void> {
  const objects = join(directory, 'objects');
  for (const name of (await readdir(objects)).filter((candidate) => candidate.startsWith(prefix))) {
    const [pid, host] = name.slice(prefix.length).split('@');
    const found = await stat(join(objects, name)).catch(() => undefined);
    const old = found !== undefined && now.getTime() - found.mtimeMs > abandonedMilliseconds;
    const dead = host === hostname() && Number(pid) !== process.pid && !isAlive(Number(pid));
    if (old || dead) await rm(join(objects, name), { recursive: true, force: true });
  }
}
