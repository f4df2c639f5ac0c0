import type { ClusterDriver } from '../cluster/driver.ts';
import type { Engine, RenderedCell } from '../engine/index.ts';
import type { Logger } from './context.ts';

export interface ApplyFailure {
  /** Rendered commit. */
  readonly commit: string;
  readonly message: string;
  readonly since: string;
}

export interface Cells {
  driver(cell: string): ClusterDriver | undefined;
  applyFailure(cell: string): ApplyFailure | undefined;
  /** Resolves when every cell has been brought to the head as of now. */
  settled(): Promise<void>;
  /** Stops following; the driver is the caller's to close. */
  close(): Promise<void>;
}

export interface CellsOptions {
  readonly engine: Pick<Engine, 'head' | 'cell' | 'onChange' | 'platform'>;
  /** Runs every cell with `driver: local`. */
  readonly runner: ClusterDriver & { retainCells(cells: Iterable<string>): Promise<void> };
  readonly logger: Logger;
  readonly now: () => Date;
}

const retryMilliseconds = 5_000;

/** Follows `cells/<cell>` of every local cell: applies it now and whenever it moves, one revision after the other. */
export function followCells({ engine, runner, logger, now }: CellsOptions): Cells {
  const applied = new Map<string, string>();
  const failures = new Map<string, ApplyFailure>();
  let queue: Promise<void> = Promise.resolve();
  let waiting = false;
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  async function bring(cell: string): Promise<void> {
    const rendered = await engine.cell(cell);
    if (closed || rendered === undefined || applied.get(cell) === rendered.commit) return;
    try {
      await runner.apply(await revisionOf(rendered));
      applied.set(cell, rendered.commit);
      failures.delete(cell);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      failures.set(cell, { commit: rendered.commit, message, since: failures.get(cell)?.since ?? now().toISOString() });
      logger.error({ cell, commit: rendered.commit, err: error }, 'the cell was not applied; trying again');
      tryAgain();
    }
  }

  function tryAgain(): void {
    retry ??= setTimeout(() => {
      retry = undefined;
      follow();
    }, retryMilliseconds).unref();
  }

  async function bringAll(): Promise<void> {
    waiting = false;
    const cells = localCells(engine);
    try {
      await runner.retainCells(cells);
      for (const cell of cells) await bring(cell);
    } catch (error) {
      logger.error({ err: error }, 'the cells were not followed; trying again');
      tryAgain();
    }
  }

  function follow(): void {
    if (waiting || closed) return;
    waiting = true;
    queue = queue.then(bringAll);
  }

  const unsubscribe = engine.onChange(follow);
  follow();
  return {
    driver: (cell) => (engine.platform().cells.get(cell)?.object.spec.driver === 'local' ? runner : undefined),
    applyFailure: (cell) => failures.get(cell),
    settled: () => queue,
    async close() {
      closed = true;
      unsubscribe();
      clearTimeout(retry);
      await queue;
    },
  };
}

/** Names of the cells that the local runner applies. */
export function localCells(engine: Pick<Engine, 'platform'>): readonly string[] {
  return [...engine.platform().cells.values()].filter((cell) => cell.object.spec.driver === 'local').map((cell) => cell.ref.name);
}

async function revisionOf(rendered: RenderedCell) {
  return { cell: rendered.cell, revision: `cells/${rendered.cell}@sha1:${rendered.commit}`, files: await rendered.files(), read: (path: string) => rendered.read(path) };
}
