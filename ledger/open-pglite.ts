import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Driver, Row, Script } from './ledger.ts';
import { lockDirectory } from './lock-directory.ts';
import { PgliteKeeper } from './pglite-keeper.ts';
import { PgliteThread } from './pglite-thread.ts';

/**
 * PostgreSQL inside this process, data in `directory`/data. PGlite itself takes no lock, and two processes on one data
 * directory lose rows without a word, so the directory is locked here. Errors: `ledger_locked`.
 * `onFailure` is told when the database ends by itself; it is started again.
 * The data survives the death of the process, not a power failure (PGlite doesn't flush): production uses PostgreSQL.
 */
export async function openPglite(directory: string, onFailure: (error: unknown) => void = () => {}): Promise<Driver> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const unlock = lockDirectory(directory);
  try {
    const open = async () => openData(join(directory, 'data'));
    return driverOf(new PgliteKeeper(await open(), open, onFailure), unlock);
  } catch (error) {
    unlock();
    throw error;
  }
}

async function openData(data: string): Promise<PgliteThread> {
  // What makes a database takes 300 MB, which only the end of its thread gives back.
  if (!existsSync(data)) await new PgliteThread(data).close();
  const thread = new PgliteThread(data);
  try {
    await thread.ask('select 1', []);
    return thread;
  } catch (error) {
    await thread.close().catch(() => {});
    throw error;
  }
}

function driverOf(keeper: PgliteKeeper, unlock: () => void): Driver {
  // There is one connection: what does not belong to a transaction waits for its end.
  let last: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work);
    last = turn.catch(() => {});
    return turn;
  };
  const transaction: Driver['transaction'] = async (run) => inTurn(async () => inTransaction(scriptOf(keeper.thread), run));
  return {
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) => inTurn(async () => scriptOf(keeper.thread).query<T>(text, parameters)),
    transaction,
    patiently: transaction,
    close: async () => inTurn(async () => keeper.close()).finally(unlock),
  };
}

async function inTransaction<T>(script: Script, run: (sql: Script) => Promise<T>): Promise<T> {
  await script.script('begin');
  try {
    const result = await run(script);
    await script.script('commit');
    return result;
  } catch (error) {
    await script.script('rollback');
    throw error;
  }
}

function scriptOf(thread: PgliteThread): Script {
  return {
    query: async <T extends Row>(text: string, parameters: readonly unknown[] = []) => (await thread.ask(text, parameters)) as readonly T[],
    script: async (text) => void (await thread.ask(text)),
  };
}
