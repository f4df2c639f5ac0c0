import { workerData } from 'node:worker_threads';
import { ObjectStore } from '../git/index.ts';
import { HistoryBuilder } from './history-builder.ts';
import { HistoryStore } from './history-store.ts';
import type { HistoryOrder } from './history-thread.ts';
import { signatureOf } from './signatures.ts';

async function work({ directory, path, head, trusted }: HistoryOrder): Promise<void> {
  const objects = new ObjectStore(directory);
  const store = new HistoryStore(path);
  try {
    const builder = new HistoryBuilder({ directory, store, isPlatforms: async (id) => signatureOf(await objects.commit(id), trusted) === 'platform', mostPaths: Number.POSITIVE_INFINITY });
    while (store.positionOf(head) === undefined) await builder.add(head, await builder.missing(head));
  } finally {
    store.close();
    objects.close();
  }
}

await work(workerData as HistoryOrder);
