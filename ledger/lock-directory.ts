import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { LedgerError } from './ledger-error.ts';

interface Holder {
  readonly pid: number;
  /** Start of the process in clock ticks since boot, so that a reused pid is not taken for the holder; '' where unknown. */
  readonly started: string;
  readonly boot: string;
  readonly host: string;
  /** Tells two locks of one process apart. */
  readonly id: string;
}

/**
 * Takes `directory`/lock for this process and answers the function that gives it back. A lock whose process is gone is
 * taken over. Errors: `ledger_locked`.
 *
 * A file system has no compare-and-swap, so a dead holder is not removed but succeeded: whoever links the one name
 * `lock.after.<id>` is its successor, and the last of that chain holds the lock. The new holder shortens the chain again.
 */
export async function lockDirectory(directory: string): Promise<() => Promise<void>> {
  const path = join(directory, 'lock');
  const mine: Holder = { pid: process.pid, started: await startOf(process.pid), boot: await bootId(), host: hostname(), id: randomUUID() };
  const draft = `${path}.${mine.id}`;
  await writeFile(draft, JSON.stringify(mine), { flag: 'wx', mode: 0o600 });
  try {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const chain = await readChain(path, directory);
      const last = chain.at(-1);
      if (last !== undefined && await lives(last)) throw locked(directory, last);
      if (await take(path, draft, { chain, mine, directory })) return async () => unlock(path, mine);
    }
    throw locked(directory, undefined);
  } finally {
    await rm(draft, { force: true });
  }
}

interface Claim {
  /** As read; its last holder is dead. */
  readonly chain: readonly Holder[];
  readonly mine: Holder;
  readonly directory: string;
}

async function take(path: string, draft: string, { chain, mine, directory }: Claim): Promise<boolean> {
  const last = chain.at(-1);
  const name = last === undefined ? path : successor(path, last);
  // A link appears with its content at once, or fails when the name is taken.
  if (!await succeeds(link(draft, name))) return false;
  if (last === undefined) return true;
  // Another may have shortened the chain since it was read; then this link hangs on nothing.
  if ((await readChain(path, directory)).at(-1)?.id !== mine.id) {
    await rm(name, { force: true });
    return false;
  }
  await rename(draft, path);
  for (const holder of chain) await rm(successor(path, holder), { force: true });
  return true;
}

function successor(path: string, holder: Holder): string {
  return `${path}.after.${holder.id}`;
}

/** The holder of the lock and its successors, the present one last; empty when the lock is free. */
async function readChain(path: string, directory: string): Promise<readonly Holder[]> {
  const chain: Holder[] = [];
  for (let name = path; ;) {
    const text = await readFile(name, 'utf8').catch(() => undefined);
    if (text === undefined) return chain;
    const holder = parse(text);
    if (holder === undefined) throw locked(directory, undefined);
    chain.push(holder);
    name = successor(path, holder);
  }
}

function locked(directory: string, holder: Holder | undefined): LedgerError {
  const who = holder === undefined ? 'another process' : `process ${holder.pid}${holder.host === hostname() ? '' : ` on ${holder.host}`}`;
  return new LedgerError('ledger_locked', `The ledger in ${directory} is in use by ${who}. Stop that first; if it is certainly gone, delete the file "lock" there.`);
}

async function unlock(path: string, mine: Holder): Promise<void> {
  const text = await readFile(path, 'utf8').catch(() => '');
  if (parse(text)?.id === mine.id) await rm(path, { force: true });
}

async function lives(holder: Holder): Promise<boolean> {
  if (holder.host !== hostname()) return true;
  if (holder.boot !== await bootId()) return false;
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return await startOf(holder.pid) === holder.started;
}

/** Field 22 of /proc/<pid>/stat, counted after the name, which may hold spaces; '' where there is no /proc. */
async function startOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
}

async function bootId(): Promise<string> {
  return (await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')).trim();
}

function parse(text: string): Holder | undefined {
  try {
    const value = JSON.parse(text) as Partial<Holder> | null;
    return typeof value?.pid === 'number' && typeof value.id === 'string' ? (value as Holder) : undefined;
  } catch {
    return undefined;
  }
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(() => true, (error: unknown) => {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST' || code === 'ENOENT') return false;
    throw error;
  });
}
