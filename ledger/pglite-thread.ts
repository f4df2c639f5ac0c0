import { Worker } from 'node:worker_threads';
import type { Row } from './ledger.ts';
import type { PgliteOrder, PgliteReply } from './pglite-worker.ts';

interface Waiting {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: Error) => void;
}

/** PGlite in a thread of its own: it computes without pause, which would hold up everything else that this process does. */
export class PgliteThread {
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #ended: Error | undefined;

  /** `directory`: of the data; made when missing. */
  constructor(directory: string) {
    this.#worker = new Worker(new URL('pglite-worker.ts', import.meta.url), { workerData: directory });
    this.#worker.on('message', (reply: PgliteReply) => this.#take(reply));
    this.#worker.on('error', (error) => this.#end(error instanceof Error ? error : new Error('The thread of the ledger failed.')));
    this.#worker.on('exit', () => this.#end(new Error('The ledger has been closed.')));
    // A process that has nothing else to do ends.
    this.#worker.unref();
  }

  /** One statement; without parameters any number of them, and no rows. Rejects with an error that has PostgreSQL's `code`. */
  ask(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]> {
    return this.#send((id) => ({ id, text, ...(parameters !== undefined && { parameters }) }));
  }

  async close(): Promise<void> {
    try {
      await this.#send((id) => ({ id, close: true }));
    } finally {
      await this.#worker.terminate();
    }
  }

  #send(order: (id: number) => PgliteOrder): Promise<readonly Row[]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(id, { resolve, reject });
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, no window
      this.#worker.postMessage(order(id));
    });
  }

  #take(reply: PgliteReply): void {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('rows' in reply) waiting?.resolve(reply.rows);
    else waiting?.reject(Object.assign(new Error(reply.failure.message), reply.failure));
  }

  #end(error: Error): void {
    this.#ended ??= error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
