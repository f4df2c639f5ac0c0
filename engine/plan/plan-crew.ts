import { hash } from 'node:crypto';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { EngineError } from '../engine-error.ts';
import { GitError } from '../git/index.ts';
import type { GitErrorCode, NewObject } from '../git/index.ts';
import type { TenantPair } from './changed-parts.ts';
import type { InForce } from './comparison.ts';
import type { PartSummary } from './part-summary.ts';

/** What all tenants are compared by, as plain data. */
export interface CrewTask {
  /** Root trees of both sides. */
  readonly before: string;
  readonly after: string;
  readonly inForce: InForce | undefined;
  /** Objects that are not in the repository yet, of a change that is only previewed. */
  readonly unwritten: readonly NewObject[];
}

export interface CrewOrder extends CrewTask {
  readonly directory: string;
  readonly verified: boolean;
  readonly pairs: readonly TenantPair[];
}

export type CrewReport = { readonly summaries: readonly PartSummary[] } | { readonly failure: { readonly code: GitErrorCode; readonly message: string } };

/** More would only wait for each other's reads. */
const mostWorkers = 4;
/** A worker holds small caches and few tenants at a time, which are young when they go. */
const resourceLimits = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 64 };
const remembered = 4;

/**
 * Compares many tenants in threads of their own, so that the thread that answers requests goes on, and keeps of each only its
 * numbers. One change at a time; the last ones are remembered, so that the pages of a plan cost only themselves.
 */
export class PlanCrew {
  readonly #directory: string;
  readonly #verified: boolean;
  readonly #known = new Map<string, Promise<readonly PartSummary[]>>();
  readonly #workers = new Set<Worker>();
  #last: Promise<unknown> = Promise.resolve();
  #closed = false;

  /** `verified`: of each object that is read it is checked that it is what its id says; else `summaries` rejects with `object_corrupt`. */
  constructor(directory: string, { verified = false }: { readonly verified?: boolean } = {}) {
    this.#directory = directory;
    this.#verified = verified;
  }

  /** In the order of `pairs`. Throws `GitError`. */
  summaries(task: CrewTask, pairs: readonly TenantPair[]): Promise<readonly PartSummary[]> {
    const tenants = hash('sha1', pairs.map(({ tenant }) => tenant).join(' '));
    const key = JSON.stringify([task.before, task.after, tenants, [...(task.inForce?.rendered ?? [])]]);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const work = this.#last.then(() => this.#compare(task, pairs));
    this.#last = work.catch(() => {});
    this.#remember(key, work);
    return work;
  }

  #remember(key: string, work: Promise<readonly PartSummary[]>): void {
    const [oldest] = this.#known.keys();
    if (oldest !== undefined && this.#known.size >= remembered) this.#known.delete(oldest);
    this.#known.set(key, work);
    // What failed is tried again.
    work.catch(() => this.#known.delete(key));
  }

  async #compare(task: CrewTask, pairs: readonly TenantPair[]): Promise<readonly PartSummary[]> {
    const workers = Math.min(mostWorkers, availableParallelism());
    const share = Math.ceil(pairs.length / workers);
    const shares = Array.from({ length: workers }, (_, index) => pairs.slice(index * share, (index + 1) * share));
    return (await Promise.all(shares.map((each) => this.#work({ ...task, directory: this.#directory, verified: this.#verified, pairs: each })))).flat();
  }

  async #work(order: CrewOrder): Promise<readonly PartSummary[]> {
    if (order.pairs.length === 0) return [];
    if (this.#closed) throw closed();
    const worker = new Worker(new URL('plan-worker.ts', import.meta.url), { workerData: order, resourceLimits });
    this.#workers.add(worker);
    const summaries: PartSummary[] = [];
    let failure: { readonly code: GitErrorCode; readonly message: string } | undefined;
    worker.on('message', (report: CrewReport) => {
      if ('failure' in report) failure = report.failure;
      else summaries.push(...report.summaries);
    });
    try {
      // Rejects with what the worker throws.
      await once(worker, 'exit');
    } finally {
      this.#workers.delete(worker);
    }
    if (failure !== undefined) throw new GitError(failure.code, failure.message);
    if (this.#closed) throw closed();
    if (summaries.length < order.pairs.length) throw new GitError('git_failed', 'A thread that compares tenants ended before it had compared all of them. Try again.');
    return summaries;
  }

  /** Ends what is under way; nothing is begun any more. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }
}

function closed(): EngineError {
  return new EngineError('closed', 'The engine has been closed.');
}
