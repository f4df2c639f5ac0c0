import { parentPort, workerData } from 'node:worker_threads';
import { ObjectStore } from '../git/index.ts';
import { HistoryBuilder } from './history-builder.ts';
import { HistoryStore } from './history-store.ts';
import type { HistoryOrder } from './history-thread.ts';
import { signatureOf } from './signatures.ts';

const directory = workerData as string;
const objects = new ObjectStore(directory);

async function work({ path, head, trusted }: HistoryOrder): Promise<void> {
  const store = new HistoryStore(path);
  try {
    const builder = new HistoryBuilder({ directory, store, isPlatforms: async (id) => signatureOf(await objects.commit(id), trusted) === 'platform', mostPaths: Number.POSITIVE_INFINITY });
    while (store.positionOf(head) === undefined) await builder.add(head, await builder.missing(head));
  } finally {
    store.close();
  }
}

function tell(end: 'done' | 'failed'): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, no window
  parentPort?.postMessage(end);
}

parentPort?.on('message', (order: HistoryOrder) => {
  work(order).then(
    () => tell('done'),
    // Where it is tried again says what was wrong.
    () => tell('failed'),
  );
});
