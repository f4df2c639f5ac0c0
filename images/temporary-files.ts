import { randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** Tells this run of the program from an earlier one with the same process id, which in a container is always 1. */
const run = randomUUID().slice(0, 8);

/** A new name for a file that must not outlive the process. */
export function temporaryName(suffix = ''): string {
  return `${process.pid}-${run}-${randomUUID()}${suffix}`;
}

/** Removes from `directory` what runs that are over have left there. */
export async function removeLeftovers(directory: string): Promise<void> {
  for (const name of await readdir(directory).catch(() => [])) {
    const [, pid, owner] = /^(\d+)-([0-9a-f]{8})-/.exec(name) ?? [];
    const over = Number(pid) === process.pid ? owner !== run : !isAlive(Number(pid ?? 0));
    if (over) await rm(join(directory, name), { force: true, recursive: true });
  }
}

function isAlive(pid: number): boolean {
  if (pid <= 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
