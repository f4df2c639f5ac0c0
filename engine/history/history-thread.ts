import { once } from 'node:events';
import { Worker } from 'node:worker_threads';

/** What the thread works on, as plain data. */
export interface HistoryOrder {
  readonly directory: string;
  /** The file of the index. */
  readonly path: string;
  readonly head: string;
  /** Keys of the platform, `ssh-ed25519 …`. */
  readonly trusted: readonly string[];
}

const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 64 };

/** Makes the index of a long history in a thread of its own, beside the one that answers requests. */
export class HistoryThread {
  readonly #directory: string;
  readonly #trusted: () => readonly string[];
  #worker: Worker | undefined;
  #closed = false;

  constructor(directory: string, trusted: () => readonly string[]) {
    this.#directory = directory;
    this.#trusted = trusted;
  }

  /** Resolves when the head is there, and when it has been closed. Rejects with what went wrong. */
  async build(path: string, head: string): Promise<void> {
    if (this.#closed) return;
    const order: HistoryOrder = { directory: this.#directory, path, head, trusted: this.#trusted() };
    const worker = new Worker(new URL('history-worker.ts', import.meta.url), { workerData: order, resourceLimits });
    this.#worker = worker;
    try {
      await once(worker, 'exit');
    } finally {
      this.#worker = undefined;
    }
  }

  /** Ends what is under way: what has been added stays, and the next start goes on there. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#worker?.terminate();
  }
}
