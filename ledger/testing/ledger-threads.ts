import type * as WorkerThreads from 'node:worker_threads';

type Threads = typeof WorkerThreads;

/** `node:worker_threads` that puts the threads of embedded ledgers into a list, so that a test can end one. */
export async function ledgerThreads(original: () => Promise<Threads>, list: WorkerThreads.Worker[]): Promise<Threads> {
  const real = await original();
  class Known extends real.Worker {
    constructor(...given: ConstructorParameters<typeof real.Worker>) {
      super(...given);
      if (String(given[0]).endsWith('/pglite-worker.ts')) list.push(this);
    }
  }
  return { ...real, Worker: Known };
}
