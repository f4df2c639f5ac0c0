import { parentPort, workerData } from 'node:worker_threads';
import { GitError, ObjectDraft, ObjectStore } from '../git/index.ts';
import { readPlatform, TenantLoader } from '../state/read-state.ts';
import type { TenantPair } from './changed-parts.ts';
import { Comparison } from './comparison.ts';
import { summarise } from './part-summary.ts';
import type { PartSummary } from './part-summary.ts';
import type { CrewOrder, CrewReport } from './plan-crew.ts';
import { planPart } from './plan-part.ts';

/** A message of this many keeps the receiver's thread for a millisecond; no tenant is kept longer. */
const batch = 100;
/** So many are compared at once: while one is computed, the others are read. */
const atOnce = 4;

function tell(report: CrewReport): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, no window
  parentPort?.postMessage(report);
}

async function work(order: CrewOrder): Promise<void> {
  const store = new ObjectStore(order.directory, {}, { verified: order.verified });
  try {
    const objects = new ObjectDraft(store);
    for (const { type, content } of order.unwritten) objects.add(type, Buffer.from(content));
    const [before, after] = [await readPlatform(objects, order.before), await readPlatform(objects, order.after)];
    const { inForce } = order;
    for (let from = 0; from < order.pairs.length; from += batch) {
      const comparison = new Comparison({ objects, loader: new TenantLoader(objects), before, after, inForce });
      tell({ summaries: await summariesOf(comparison, order.pairs.slice(from, from + batch)) });
    }
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    tell({ failure: { code: error.code, message: error.message } });
  } finally {
    store.close();
  }
}

/** In the order of the pairs. */
async function summariesOf(comparison: Comparison, pairs: readonly TenantPair[]): Promise<PartSummary[]> {
  const summaries: PartSummary[] = [];
  const queue = pairs.entries();
  const take = async () => {
    for (const [index, pair] of queue) summaries[index] = summarise(planPart(await comparison.tenant(pair)));
  };
  await Promise.all(Array.from({ length: atOnce }, take));
  return summaries;
}

await work(workerData as CrewOrder);
