import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { stockGit } from '../engine/testing/stock-git.ts';

export interface KillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  /** What was promised and isn't so. */
  readonly broken: readonly string[];
}

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: string[];
  said(prefix: string): Promise<void>;
}

function startChild(directory: string, round: number, tenants: readonly string[]): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.child.ts'), 'kill', directory, String(round), ...tenants]);
  const lines: string[] = [];
  const waiting: { prefix: string; resolve: () => void }[] = [];
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

async function kill(child: Child): Promise<void> {
  const gone = new Promise((resolve) => {
    child.process.once('close', resolve);
  });
  child.process.kill('SIGKILL');
  await gone;
}

/** What must hold after each kill, said by stock git alone. */
function inspect(directory: string, acknowledged: readonly string[]): string[] {
  const main = new Set(stockGit(directory, ['rev-list', 'main']).split('\n'));
  const lost = acknowledged.filter((commit) => !main.has(commit)).map((commit) => `lost ${commit}`);
  const cells = stockGit(directory, ['for-each-ref', '--format=%(refname) %(trailers:key=Source-Commit,valueonly)', 'refs/heads/cells']).split('\n').filter((line) => line.trim() !== '');
  const ahead = cells.filter((line) => !main.has(line.split(' ')[1] ?? '')).map((line) => `ahead ${line}`);
  return [...lost, ...ahead];
}

/**
 * Starts a writer, kills it at a random moment after its first answer, looks at the repository, and again. Two processes are
 * kept ready, so that a round does not wait for a start.
 */
export async function killRounds(options: { readonly directory: string; readonly tenants: readonly string[]; readonly rounds: number; readonly random: () => number; readonly progress?: (round: number) => void }): Promise<KillReport> {
  const { directory, tenants, rounds, random, progress } = options;
  const acknowledged: string[] = [];
  const broken: string[] = [];
  let next = startChild(directory, 0, tenants);
  for (let round = 0; round < rounds; round += 1) {
    const child = next;
    await child.said('loaded');
    child.process.stdin.write('go\n');
    // Also in the start, where what the last one left is rendered.
    if (random() < 0.2) await new Promise((resolve) => setTimeout(resolve, random() * 60));
    else await child.said('ack');
    next = startChild(directory, round + 1, tenants);
    await new Promise((resolve) => setTimeout(resolve, random() * 60));
    await kill(child);
    acknowledged.push(...child.lines.filter((line) => line.startsWith('ack ')).map((line) => line.split(' ')[1] ?? ''));
    broken.push(...child.lines.filter((line) => line.startsWith('stderr')), ...inspect(directory, acknowledged));
    progress?.(round);
  }
  await kill(next);
  stockGit(directory, ['fsck', '--strict']);
  return { rounds, acknowledged: acknowledged.length, broken };
}
