import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { stockGit } from '../engine/testing/stock-git.ts';
import { agePendingLocks, leaveLock, loseCellUpdates, loseUnansweredCommits, tearPack } from './kill-faults.ts';
import { cellsDiffer } from './kill-rendering.ts';

export interface KillReport {
  readonly rounds: number;
  readonly acknowledged: number;
  /** Starts after a kill whose cells were compared with a rendering of their own. */
  readonly compared: number;
  /** What the kills left, or was done to the files afterwards: fault → how often. */
  readonly faults: Readonly<Record<string, number>>;
  /** What was promised and isn't so. */
  readonly broken: readonly string[];
}

export interface KillOptions {
  readonly directory: string;
  readonly tenants: readonly string[];
  readonly rounds: number;
  readonly random: () => number;
  readonly progress?: (round: number) => void;
}

interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: string[];
  said(prefix: string): Promise<void>;
}

/** In a group of its own, so that its git can be killed with it. */
function startChild(directory: string, round: number, tenants: readonly string[]): Child {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'writer.child.ts'), 'kill', directory, String(round), ...tenants], { detached: true });
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
async function kill({ process: child }: Child, group: boolean): Promise<void> {
  const gone = once(child, 'close');
  if (group) process.kill(-(child.pid ?? 0), 'SIGKILL');
  else child.kill('SIGKILL');
  await gone;
}

interface Acknowledged {
  readonly commit: string;
  readonly requestId: string;
}

/** What must hold after each kill, said by stock git alone. */
function inspect(directory: string, acknowledged: readonly Acknowledged[]): string[] {
  const lines = stockGit(directory, ['log', '--format=%H %(trailers:key=Request-Id,valueonly,separator=%x20)', 'main']).split('\n').map((line) => line.split(' '));
  const commits = new Map<string, string[]>();
  for (const [commit = '', requestId = ''] of lines) commits.set(requestId, [...(commits.get(requestId) ?? []), commit]);
  const lost = acknowledged.filter(({ commit, requestId }) => commits.get(requestId)?.join() !== commit).map(({ commit }) => `lost ${commit}`);
  const twice = [...commits].filter(([requestId, found]) => requestId !== '' && found.length > 1).map(([requestId]) => `twice ${requestId}`);
  return [...lost, ...twice];
}

/** Whether a cell says it was rendered from what `main` does not have; asked before anything is done to the refs. */
function ahead(directory: string): string[] {
  const main = new Set(stockGit(directory, ['rev-list', 'main']).split('\n'));
  const cells = stockGit(directory, ['for-each-ref', '--format=%(refname) %(trailers:key=Source-Commit,valueonly)', 'refs/heads/cells']).split('\n').filter((line) => line.trim() !== '');
  return cells.filter((line) => !main.has(line.split(' ')[1] ?? '')).map((line) => `ahead ${line}`);
}

/**
 * Starts writers in one process, kills it at a random moment (every third time with its git), looks at the repository, and
 * again. Every fourth process packs and collects without pause meanwhile. Between two rounds the files are left as a power
 * failure might leave what nobody was answered for. Each start must come to cells that are what a rendering of `main` from
 * nothing gives, and to a first answer. Two processes are kept ready, so that a round does not wait for a start.
 */
export async function killRounds({ directory, tenants, rounds, random, progress }: KillOptions): Promise<KillReport> {
  const acknowledged: Acknowledged[] = [];
  const broken: string[] = [];
  const faults: Record<string, number> = {};
  const happened = (fault: string, times: number) => {
    faults[fault] = (faults[fault] ?? 0) + times;
  };
  let compared = 0;
  let mended = true;
  let next = startChild(directory, 0, tenants);
  for (let round = 0; round < rounds; round += 1) {
    const child = next;
    await child.said('loaded');
    child.process.stdin.write('go\n');
    // Also in the start, where what the last one left is rendered.
    if (random() < 0.2) await setTimeout(random() * 60);
    else await child.said('ack');
    next = startChild(directory, round + 1, tenants);
    await setTimeout(random() * 60);
    await kill(child, round % 3 === 0);
    for (const [, commit = '', requestId = ''] of child.lines.filter((line) => line.startsWith('ack ')).map((line) => line.split(' '))) acknowledged.push({ commit, requestId });
    const opened = child.lines.find((line) => line.startsWith('open '));
    if (opened !== undefined) {
      compared += 1;
      mended = true;
      broken.push(...cellsDiffer(directory, opened));
    }
    broken.push(...child.lines.filter((line) => line.startsWith('stderr')), ...inspect(directory, acknowledged), ...(mended ? ahead(directory) : []));
    if (round % 5 === 4) leaveLock(directory);
    happened('locks of git left', await agePendingLocks(directory));
    if (round % 5 === 1) {
      const undone = loseUnansweredCommits(directory, new Set(acknowledged.map(({ commit }) => commit)));
      // Until a writer has started, the cells are those of what was undone.
      mended &&= undone === 0;
      happened('commits lost that nobody was answered for', undone);
    }
    if (round % 5 === 2) happened('updates of cells lost', loseCellUpdates(directory, random));
    if (round % 5 === 3) happened('torn files left', tearPack(directory, random));
    if (round % 50 === 49) await check(directory, broken);
    progress?.(round);
  }
  await kill(next, true);
  await check(directory, broken);
  return { rounds, acknowledged: acknowledged.length, compared, faults, broken };
}

/** What a repack does that outlived its process may be seen half done, so a complaint counts when it is there twice. */
async function check(directory: string, broken: string[]): Promise<void> {
  for (let attempt = 1; attempt <= 3; attempt += 1) {
    try {
      stockGit(directory, ['fsck', '--strict', '--no-dangling']);
      return;
    } catch (error) {
      if (attempt === 3) broken.push(`fsck ${String((error as { stderr?: unknown }).stderr)}`);
      await setTimeout(2_000);
    }
  }
}
