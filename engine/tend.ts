import { upkeep } from './git/index.ts';
import type { UpkeepOptions } from './git/index.ts';

/** Looking costs three listings. */
const everyMilliseconds = 2_000;
/** So long after a change nobody is writing. */
const quietMilliseconds = 3_000;
/** What made upkeep fail is hardly gone at the next look, and each try reads the whole repository. */
const restAfterFailureMilliseconds = 10 * 60 * 1000;

export interface TendOptions extends Pick<UpkeepOptions, 'beforeCollecting'> {
  readonly now: () => Date;
  readonly onError: (error: unknown) => void;
}

export interface Tender {
  /** Somebody has written. */
  moved(): void;
  /** Ends what is under way; the repository stays whole. */
  close(): Promise<void>;
}

/** Does the upkeep of a repository while it is open, one at a time, and best while nobody writes. */
export function tend(directory: string, { now, onError, ...options }: TendOptions): Tender {
  const closing = new AbortController();
  let work: Promise<unknown> | undefined;
  let restsUntil = 0;
  let lastChange = Number.NEGATIVE_INFINITY;
  const look = () => {
    const time = performance.now();
    if (work !== undefined || time < restsUntil) return;
    work = upkeep(directory, { ...options, now: now(), signal: closing.signal, busy: time - lastChange < quietMilliseconds })
      .catch((error: unknown) => {
        restsUntil = performance.now() + restAfterFailureMilliseconds;
        if (!closing.signal.aborted) onError(error);
      })
      .finally(() => {
        work = undefined;
      });
  };
  const timer = setInterval(look, everyMilliseconds).unref();
  return {
    moved() {
      lastChange = performance.now();
    },
    async close() {
      clearInterval(timer);
      closing.abort();
      await work;
    },
  };
}
