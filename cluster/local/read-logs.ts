import type { LogLine, LogOptions } from '../driver.ts';
import type { PodKeeper } from './pod-keeper.ts';
import { podDirectory, type PodRecord } from './pod-record.ts';
import { readLogFiles } from './read-log-file.ts';

/** Lines that a slow reader may be behind; then the oldest are skipped, and a line says how many. */
const MAX_BEHIND = 10_000;

/**
 * The lines of an application's pods by time, then with `follow` what comes, until the signal; of a single pod until it
 * has ended.
 */
export async function* readLogs(directory: string, keeper: PodKeeper, options: LogOptions): AsyncIterable<LogLine> {
  keeper.drain();
  const wanted = (record: PodRecord): boolean =>
    record.namespace === options.namespace && record.owner === options.application && (options.pod === undefined || record.name === options.pod);
  // Nothing may await between reading the files and listening, or lines would be lost or come twice.
  const queue = new LineQueue(options.signal);
  const records = keeper.recordsOf(options.namespace, options.application).filter(wanted);
  const past = records.flatMap((record) => readLogFiles(podDirectory(directory, record.uid), record.name, options.tailLines));
  const ended = options.pod !== undefined && records.every((record) => record.endedAt !== undefined);
  const unsubscribe = options.follow === true && !ended ? keeper.onLine((record, line) => wanted(record) && queue.push(line)) : undefined;
  try {
    yield* lastLines(past, options.tailLines);
    if (unsubscribe !== undefined) yield* queue.lines();
  } finally {
    unsubscribe?.();
  }
}

function lastLines(lines: LogLine[], count: number | undefined): LogLine[] {
  const sorted = lines.sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return count === undefined ? sorted : sorted.slice(Math.max(0, sorted.length - count));
}

class LineQueue {
  readonly #signal: AbortSignal | undefined;
  #lines: LogLine[] = [];
  #skipped = 0;
  #wake: () => void = () => {};

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
    signal?.addEventListener('abort', () => this.#wake(), { once: true });
  }

  push(line: LogLine): void {
    this.#lines.push(line);
    if (this.#lines.length > MAX_BEHIND) {
      this.#lines.shift();
      this.#skipped += 1;
    }
    this.#wake();
  }

  async *lines(): AsyncIterable<LogLine> {
    while (this.#signal?.aborted !== true) {
      const [first] = this.#lines;
      if (first === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      const batch = this.#lines;
      this.#lines = [];
      if (this.#skipped > 0) yield { pod: first.pod, time: first.time, text: `(${this.#skipped} lines skipped: the reader is too slow)` };
      this.#skipped = 0;
      yield* batch;
    }
  }
}
