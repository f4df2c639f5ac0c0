import { Worker } from 'node:worker_threads';
import { asFault } from './faults.ts';
import type { Row } from './ledger.ts';
import { LedgerError } from './ledger-error.ts';
import type { PgliteFailure, PgliteOrder, PgliteReply } from './pglite-worker.ts';

interface Waiting {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (error: Error) => void;
}

/** PGlite in a thread of its own: it computes without pause, which would hold up everything else that this process does. */
export class PgliteThread {
  /** Resolves with the reason when the thread has ended, and nothing of it writes any more. */
  readonly ended: Promise<Error>;
  readonly #worker: Worker;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  #failure: Error | undefined;

  /** `directory`: of the data; made when missing. */
  constructor(directory: string) {
    this.#worker = new Worker(new URL('pglite-worker.ts', import.meta.url), { workerData: directory });
    this.#worker.on('message', (reply: PgliteReply) => this.#take(reply));
    this.#worker.on('error', (cause) => this.#fail(cause));
    this.ended = new Promise((resolve) => {
      this.#worker.on('exit', (code) => resolve(this.#fail(new Error(`The thread of the ledger ended with ${code}.`))));
    });
    // A process that has nothing else to do ends.
    this.#worker.unref();
  }

  /** One statement; without parameters any number of them, and no rows. Rejects with an error that has PostgreSQL's `code`, or `ledger_unavailable`. */
  ask(text: string, parameters?: readonly unknown[]): Promise<readonly Row[]> {
    return this.#send((id) => ({ id, text, ...(parameters !== undefined && { parameters }) }));
  }

  async close(): Promise<void> {
    try {
      if (this.#failure === undefined) await this.#send((id) => ({ id, close: true }));
    } finally {
      await this.#worker.terminate();
    }
  }

  #send(order: (id: number) => PgliteOrder): Promise<readonly Row[]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
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
    if ('rows' in reply) {
      waiting?.resolve(reply.rows);
      return;
    }
    const error = errorOf(reply.failure);
    if (!isTheLast(reply.failure)) {
      waiting?.reject(error);
      return;
    }
    // PGlite would never answer again.
    const failure = this.#fail(error);
    const told = asFault(error);
    waiting?.reject(told instanceof LedgerError ? told : failure);
    void this.#worker.terminate();
  }

  #fail(cause: unknown): Error {
    this.#failure ??= new LedgerError('ledger_unavailable', 'The embedded ledger ended unexpectedly and is started again. Repeat the request in a moment, under the same Idempotency-Key if it had one.', { cause });
    for (const { reject } of this.#waiting.values()) reject(this.#failure);
    this.#waiting.clear();
    return this.#failure;
  }
}

function errorOf({ message, code }: PgliteFailure): Error {
  return Object.assign(new Error(message), code === undefined ? {} : { code });
}

/** The database went down with it: in this process its PANIC, or an error of the program itself, leaves nothing that runs. */
function isTheLast({ code, severity }: PgliteFailure): boolean {
  return severity === 'PANIC' || severity === 'FATAL' || code === undefined;
}
