import { execFileSync, spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A process of `writer.child.ts`. */
export interface Writer {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: string[];
  said(prefix: string): Promise<void>;
}

/** In a group of its own, so that its git can be killed with it. `mode`: as `writer.child.ts` has them. */
export function startWriter(mode: string, directory: string, round: number, tenants: readonly string[]): Writer {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.child.ts'), mode, directory, String(round), ...tenants], { detached: true });
  const lines: string[] = [];
  const waiting: { prefix: string; resolve: () => void }[] = [];
  child.stdin.on('error', () => {});
  child.stderr.on('data', (chunk: Buffer) => lines.push(`stderr ${chunk.toString()}`));
  createInterface(child.stdout).on('line', (line) => {
    lines.push(line);
    for (const each of waiting) if (line.startsWith(each.prefix)) each.resolve();
  });
  const said = (prefix: string) =>
    new Promise<void>((resolve, reject) => {
      if (lines.some((line) => line.startsWith(prefix))) resolve();
      waiting.push({ prefix, resolve });
      child.once('exit', () => reject(new Error(`The writer ended before it said ${prefix}: ${lines.join('\n')}`)));
    });
  return { process: child, lines, said };
}

/** `group`: with the git processes that it started, as when a container is killed. */
export async function killWriter({ process: child }: Writer, group: boolean): Promise<void> {
  const gone = once(child, 'close');
  if (group) process.kill(-(child.pid ?? 0), 'SIGKILL');
  else child.kill('SIGKILL');
  await gone;
}

/** With everything that it started, whatever group that is in: as when a container is killed that talks to a Git host. */
export async function killWithDescendants({ process: child }: Writer): Promise<void> {
  const gone = once(child, 'close');
  const table = execFileSync('ps', ['-e', '-o', 'ppid=,pid='], { encoding: 'utf8' }).trim().split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  const doomed = [child.pid ?? 0];
  for (const parent of doomed) doomed.push(...table.filter(([owner]) => owner === parent).map(([, id = 0]) => id));
  for (const id of doomed) killQuietly(id);
  await gone;
}

function killQuietly(id: number): void {
  try {
    process.kill(id, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
