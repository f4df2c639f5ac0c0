import type { ClusterDriver } from '../cluster/driver.ts';
import type { Engine, RenderedCell } from '../engine/types.ts';
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
  close(options: { keepPods: boolean }): Promise<void>;
}

export interface CellsOptions {
  readonly engine: Pick<Engine, 'head' | 'cell' | 'onChange' | 'platform'>;
  /** Starts the driver of a cell with `driver: local`; called once per cell. */
  readonly open: (cell: string) => Promise<ClusterDriver>;
  readonly logger: Logger;
  readonly now: () => Date;
}

const retryMilliseconds = 5_000;

/** Follows `cells/<cell>` of every local cell: applies it now and whenever it moves, one revision after the other. */
export function followCells(options: CellsOptions): Cells {
  const { engine, logger } = options;
  const drivers = new Map<string, Promise<ClusterDriver>>();
  const ready = new Map<string, ClusterDriver>();
  const applied = new Map<string, string>();
  const failures = new Map<string, ApplyFailure>();
  let queue: Promise<void> = Promise.resolve();
  let retry: NodeJS.Timeout | undefined;
  let closed = false;

  async function driverOf(cell: string): Promise<ClusterDriver> {
    const opening = drivers.get(cell) ?? options.open(cell);
    drivers.set(cell, opening);
    try {
      const driver = await opening;
      ready.set(cell, driver);
      return driver;
    } catch (error) {
      drivers.delete(cell);
      throw error;
    }
  }

  async function bring(cell: string): Promise<void> {
    const rendered = await engine.cell(cell);
    if (closed || rendered === undefined || applied.get(cell) === rendered.commit) return;
    try {
      const driver = await driverOf(cell);
      await driver.apply(await revisionOf(rendered));
      applied.set(cell, rendered.commit);
      failures.delete(cell);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      failures.set(cell, { commit: rendered.commit, message, since: failures.get(cell)?.since ?? options.now().toISOString() });
      logger.error({ cell, commit: rendered.commit, err: error }, 'the cell was not applied; trying again');
      retry ??= setTimeout(() => { retry = undefined; follow(); }, retryMilliseconds).unref();
    }
  }

  function follow(): void {
    queue = queue.then(async () => {
      for (const cell of localCells(engine)) await bring(cell);
    });
  }

  const unsubscribe = engine.onChange(follow);
  follow();
  return {
    driver: (cell) => ready.get(cell),
    applyFailure: (cell) => failures.get(cell),
    settled: () => queue,
    async close(how) {
      closed = true;
      unsubscribe();
      clearTimeout(retry);
      await queue;
      await Promise.all([...ready.values()].map((driver) => driver.close(how)));
    },
  };
}

function localCells(engine: Pick<Engine, 'platform'>): readonly string[] {
  return [...engine.platform().cells.values()].filter((cell) => cell.object.spec.driver === 'local').map((cell) => cell.ref.name);
}

async function revisionOf(rendered: RenderedCell) {
  return { cell: rendered.cell, revision: `cells/${rendered.cell}@sha1:${rendered.commit}`, files: await rendered.files(), read: (path: string) => rendered.read(path) };
}
