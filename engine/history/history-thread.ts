import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What the thread is asked for, as plain data. */
export interface HistoryOrder {
  /** The file of the index. */
  readonly path: string;
  readonly head: string;
  /** Keys of the platform, `ssh-ed25519 …`. */
  readonly trusted: readonly string[];
}

const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 64 };
/** A busy repository asks again within seconds, and a start costs more than most of what is asked. */
const restMilliseconds = 30_000;

/** Makes and continues the index of the history in a thread of its own, beside the one that answers requests. One order at a time. */
export class HistoryThread {
  readonly #directory: string;
  readonly #trusted: () => readonly string[];
  #worker: Worker | undefined;
  #resting: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(directory: string, trusted: () => readonly string[]) {
    this.#directory = directory;
    this.#trusted = trusted;
  }

  /** Resolves when the head is there, and when it has been closed. Rejects when it can't be done there, whatever the reason. */
  async build(path: string, head: string): Promise<void> {
    if (this.#closed) return;
    clearTimeout(this.#resting);
    const worker = (this.#worker ??= this.#start());
    worker.ref();
    const order: HistoryOrder = { path, head, trusted: this.#trusted() };
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, no window
    worker.postMessage(order);
    const ended = new AbortController();
    try {
      const [told] = (await Promise.race([once(worker, 'message', { signal: ended.signal }), once(worker, 'exit', { signal: ended.signal })])) as [unknown];
      if (told !== 'done' && !this.#isClosed()) throw new Error('The index was not made in its thread.');
    } finally {
      ended.abort();
      worker.unref();
      this.#resting = setTimeout(() => void this.#stop(), restMilliseconds).unref();
    }
  }

  #isClosed(): boolean {
    return this.#closed;
  }

  #start(): Worker {
    const worker = new Worker(new URL('history-worker.ts', import.meta.url), { workerData: this.#directory, resourceLimits });
    // Whoever waits for it hears of it too.
    worker.on('error', () => {});
    worker.once('exit', () => {
      if (this.#worker === worker) this.#worker = undefined;
    });
    return worker;
  }

  async #stop(): Promise<void> {
    clearTimeout(this.#resting);
    const worker = this.#worker;
    this.#worker = undefined;
    await worker?.terminate();
  }

  /** Ends what is under way: what has been added stays, and the next start goes on there. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#stop();
  }
}
