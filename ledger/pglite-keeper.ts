import { setTimeout as sleep } from 'node:timers/promises';
import type { PgliteThread } from './pglite-thread.ts';

const firstPause = 1_000;
const longestPause = 30_000;

/** Runs the embedded database: when its thread ends, another one takes its place on the same data, which is this process's alone. */
export class PgliteKeeper {
  readonly #start: () => Promise<PgliteThread>;
  readonly #onFailure: (error: unknown) => void;
  readonly #closing = new AbortController();
  #thread: PgliteThread;
  #restarting: Promise<void> = Promise.resolve();

  /** `start`: answers with a thread that works. `onFailure`: told each time that one has ended, or could not be started. */
  constructor(first: PgliteThread, start: () => Promise<PgliteThread>, onFailure: (error: unknown) => void) {
    this.#start = start;
    this.#onFailure = onFailure;
    this.#thread = first;
    this.#watch(first);
  }

  /** What is asked of one that has ended is refused with `ledger_unavailable`, until another one works. */
  get thread(): PgliteThread {
    return this.#thread;
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#restarting;
    await this.#thread.close();
  }

  #watch(thread: PgliteThread): void {
    void thread.ended.then((error) => {
      if (this.#closing.signal.aborted) return;
      this.#onFailure(error);
      this.#restarting = this.#restart();
    });
  }

  async #restart(): Promise<void> {
    const { signal } = this.#closing;
    for (let pause = firstPause; !signal.aborted; pause = Math.min(2 * pause, longestPause)) {
      try {
        this.#thread = await this.#start();
        this.#watch(this.#thread);
        return;
      } catch (error) {
        this.#onFailure(error);
        await sleep(pause, undefined, { ref: false, signal }).catch(() => {});
      }
    }
  }
}
