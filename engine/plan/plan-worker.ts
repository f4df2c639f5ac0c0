import { parentPort, workerData } from 'node:worker_threads';
import { GitError, ObjectDraft, ObjectStore } from '../git/index.ts';
import { readPlatform, TenantLoader } from '../state/read-state.ts';
import { Comparison } from './comparison.ts';
import { summarise } from './part-summary.ts';
import type { PartSummary } from './part-summary.ts';
import type { CrewOrder, CrewReport } from './plan-crew.ts';
import { planPart } from './plan-part.ts';

/** A message of this many keeps the receiver's thread for a millisecond. */
const batch = 100;

function tell(report: CrewReport): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port between threads, no window
  parentPort?.postMessage(report);
}

async function work(order: CrewOrder): Promise<void> {
  const store = new ObjectStore(order.directory);
  try {
    const objects = new ObjectDraft(store);
    for (const { type, content } of order.unwritten) objects.add(type, Buffer.from(content));
    const [before, after] = [await readPlatform(objects, order.before), await readPlatform(objects, order.after)];
    const { renderedBefore } = order;
    const comparison = new Comparison({ objects, loader: new TenantLoader(objects), before, after, ...(renderedBefore !== undefined && { renderedBefore }) });
    let summaries: PartSummary[] = [];
    for (const pair of order.pairs) {
      summaries.push(summarise(planPart(await comparison.tenant(pair))));
      if (summaries.length < batch) continue;
      tell({ summaries });
      summaries = [];
    }
    tell({ summaries });
  } catch (error) {
    if (!(error instanceof GitError)) throw error;
    tell({ failure: { code: error.code, message: error.message } });
  } finally {
    store.close();
  }
}

await work(workerData as CrewOrder);
