import { probeTarget } from './probe-target.ts';
import type { ProbeSpec } from './shapes.ts';

export interface ProberOptions {
  readonly probe: ProbeSpec;
  /** The port at this moment: it may become known only after the start. */
  readonly port: () => number;
  /** Called when the threshold of successes is reached, once per change. */
  readonly onSuccess: () => void;
  /** Called when the threshold of failures is reached, then again after as many failures. */
  readonly onFailure: (message: string) => void;
  /** Look this often until the first success, so that a start is seen at once; failures count on the period only. */
  readonly eagerMs?: number;
}

/** Runs one probe until stopped, with Kubernetes' defaults: period 10 s, timeout 1 s, 3 failures, 1 success. */
export class Prober {
  readonly #options: ProberOptions;
  #stopped = false;
  #timer: NodeJS.Timeout | undefined;
  #wake: () => void = () => {};

  constructor(options: ProberOptions) {
    this.#options = options;
    void this.#run();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#wake();
  }

  async #run(): Promise<void> {
    const { probe, eagerMs } = this.#options;
    const period = (probe.periodSeconds ?? 10) * 1000;
    await this.#sleep((probe.initialDelaySeconds ?? 0) * 1000);
    const counts = { successes: 0, failures: 0 };
    let nextBeat = performance.now();
    let ever = false;
    while (!this.#stopped) {
      const failure = await probeTarget(probe, this.#options.port());
      if (this.#stopped) return;
      const onBeat = performance.now() >= nextBeat;
      if (onBeat) nextBeat = Math.max(nextBeat + period, performance.now());
      this.#count(failure, counts, onBeat);
      ever ||= failure === undefined;
      const wait = Math.max(0, nextBeat - performance.now());
      await this.#sleep(ever || eagerMs === undefined ? wait : Math.min(eagerMs, wait));
    }
  }

  #count(failure: string | undefined, counts: { successes: number; failures: number }, onBeat: boolean): void {
    const { probe } = this.#options;
    if (failure === undefined) {
      counts.failures = 0;
      counts.successes += 1;
      if (counts.successes === (probe.successThreshold ?? 1)) this.#options.onSuccess();
      return;
    }
    counts.successes = 0;
    if (!onBeat) return;
    counts.failures += 1;
    if (counts.failures % (probe.failureThreshold ?? 3) === 0) this.#options.onFailure(failure);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      this.#timer = setTimeout(resolve, ms);
    });
  }
}
