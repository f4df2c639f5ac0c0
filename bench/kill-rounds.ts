import { setTimeout } from 'node:timers/promises';
import { agePendingLocks, leaveLock, loseCellUpdates, loseUnansweredCommits, tearPack } from './kill-faults.ts';
import { cellsDiffer } from './kill-rendering.ts';
import { cellsAhead, checkObjects, faultsOfWrites, type Acknowledged } from './kill-verdict.ts';
import { killWriter, startWriter } from './killed-writer.ts';

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
  let next = startWriter('kill', directory, 0, tenants);
  for (let round = 0; round < rounds; round += 1) {
    const child = next;
    await child.said('loaded');
    child.process.stdin.write('go\n');
    // Also in the start, where what the last one left is rendered.
    if (random() < 0.2) await setTimeout(random() * 60);
    else await child.said('ack');
    next = startWriter('kill', directory, round + 1, tenants);
    await setTimeout(random() * 60);
    await killWriter(child, round % 3 === 0);
    for (const [, commit = '', requestId = ''] of child.lines.filter((line) => line.startsWith('ack ')).map((line) => line.split(' '))) acknowledged.push({ commit, requestId });
    const opened = child.lines.find((line) => line.startsWith('open '));
    if (opened !== undefined) {
      compared += 1;
      mended = true;
      broken.push(...cellsDiffer(directory, opened));
    }
    broken.push(...child.lines.filter((line) => line.startsWith('stderr')), ...faultsOfWrites(directory, acknowledged), ...(mended ? cellsAhead(directory) : []));
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
    if (round % 50 === 49) await checkObjects(directory, broken);
    progress?.(round);
  }
  await killWriter(next, true);
  await checkObjects(directory, broken);
  return { rounds, acknowledged: acknowledged.length, compared, faults, broken };
}
