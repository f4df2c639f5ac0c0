import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { GitError } from './git-error.ts';

/** Not `*.lock`: git does not know it, and the search for stale locks must not find it. */
const fileName = 'cameleer-writer';

export interface WriterLock {
  release(): Promise<void>;
}

/** Process id and its start time in clock ticks: an id alone is given again after a restart of the machine. */
async function identityOf(pid: number | 'self'): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  if (stat === undefined) return undefined;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? undefined : `${stat.slice(0, stat.indexOf(' '))} ${fields[19] ?? ''}`;
}

async function isAlive(owner: string): Promise<boolean> {
  const pid = Number(owner.split(' ')[0]);
  return Number.isInteger(pid) && pid > 0 && (await identityOf(pid)) === owner.trim();
}

async function tryLink(from: string, to: string): Promise<boolean> {
  return link(from, to).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false;
      throw error;
    },
  );
}

/** Moves a dead owner's lock away. Another starter may have done so and locked first: then its lock is put back. */
async function removeDead(path: string, aside: string): Promise<void> {
  const owner = await readFile(path, 'utf8').catch(() => undefined);
  if (owner === undefined) return;
  if (await isAlive(owner)) throw new GitError('repository_locked', `Process ${owner.split(' ')[0] ?? ''} already writes to this state repository. Stop it first.`);
  await rename(path, aside).catch(() => {});
  const moved = await readFile(aside, 'utf8').catch(() => undefined);
  if (moved !== undefined && moved !== owner && (await isAlive(moved))) await tryLink(aside, path);
  await rm(aside, { force: true });
}

/** At most one live process holds it; one that was killed holds nothing. Throws `repository_locked`. */
export async function takeWriterLock(directory: string): Promise<WriterLock> {
  const path = join(directory, fileName);
  const own = await identityOf('self');
  if (own === undefined) throw new GitError('git_failed', 'The state repository needs /proc to tell live writers from dead ones.');
  const unique = `${path}.${randomBytes(6).toString('hex')}`;
  await writeFile(unique, own);
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      if (await tryLink(unique, path)) return { release: () => rm(path, { force: true }) };
      await removeDead(path, `${unique}.dead`);
    }
  } finally {
    await rm(unique, { force: true });
  }
  throw new GitError('repository_locked', 'Several processes want to write to this state repository at once. Start one.');
}
