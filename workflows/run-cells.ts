import type { DataDirectoryLock, LocalRunner } from '../cluster/index.ts';
import type { Cells } from './cells.ts';
import { goRound } from './rounds.ts';

export interface RunCellsOptions {
  /** The right to run the local cells; `undefined` while another process has it. */
  readonly take: () => DataDirectoryLock | undefined;
  readonly open: () => Promise<LocalRunner>;
  readonly follow: (runner: LocalRunner) => Cells;
  readonly onTaken: () => void;
  readonly onError: (error: unknown) => void;
  /** How often the right is asked for while another process has it; default 5 s. */
  readonly milliseconds?: number;
}

export interface CellsInTurn {
  /** `undefined` while another process runs them. */
  now(): Cells | undefined;
  close(options: { keepPods: boolean }): Promise<void>;
}

/** Runs the local cells, at once or when the process that runs them has ended. What goes wrong at once is thrown. */
export async function runCells({ take, open, follow, onTaken, onError, milliseconds = 5_000 }: RunCellsOptions): Promise<CellsInTurn> {
  let running: { readonly right: DataDirectoryLock; readonly runner: LocalRunner; readonly cells: Cells } | undefined;
  const attempt = async () => {
    const right = running === undefined ? take() : undefined;
    if (right === undefined) return;
    try {
      const runner = await open();
      running = { right, runner, cells: follow(runner) };
    } catch (error) {
      right.release();
      throw error;
    }
  };
  await attempt();
  const waiting = running !== undefined ? undefined : goRound(async () => {
    const had = running !== undefined;
    await attempt();
    if (!had && running !== undefined) onTaken();
  }, { milliseconds, onError });
  return {
    now: () => running?.cells,
    async close(options) {
      await waiting?.close();
      await running?.cells.close();
      await running?.runner.close(options);
      running?.right.release();
    },
  };
}
