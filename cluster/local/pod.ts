import type { LogLine } from '../driver.ts';
import { adoptProcess, startProcess, type ContainerProcess, type ProcessExit } from './container-process.ts';
import { PodHealth } from './pod-health.ts';
import { PodLog } from './pod-log.ts';
import { podDirectory, writePodRecord, type PodRecord } from './pod-record.ts';
import { PodStartError } from './pod-start-error.ts';
import type { LaunchPlan } from './launch-plan.ts';
import type { Container } from './shapes.ts';
import { toSeconds } from './time.ts';
import { backOff, type Timing } from './timing.ts';

export interface PodDependencies {
  readonly directory: string;
  readonly now: () => Date;
  readonly timing: Timing;
  readonly maxLogBytes: number;
  /** Everything that a start needs: image, Java, secrets, ports. May change `record.ports`. Throws PodStartError. */
  prepare(record: PodRecord, container: Container): Promise<LaunchPlan>;
  /** After the pod's state changed. */
  onChange(pod: Pod): void;
  onEvent(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void;
  onLine(line: LogLine): void;
}

export interface Waiting {
  readonly reason: string;
  readonly message: string;
}

/** One pod: its single container's process, restarted with back-off until the pod is stopped. */
export class Pod {
  readonly record: PodRecord;
  readonly container: Container;
  /** Why no process runs; undefined while one does. */
  waiting: Waiting | undefined = { reason: 'ContainerCreating', message: '' };
  readonly #log: PodLog;
  readonly #dependencies: PodDependencies;
  readonly #life: Promise<void>;
  #process: ContainerProcess | undefined;
  #health: PodHealth | undefined;
  #failures = 0;
  #wake: () => void = () => {};
  #released = false;

  constructor(record: PodRecord, dependencies: PodDependencies, adopted: boolean) {
    const [container] = record.template.spec.containers;
    if (container === undefined) throw new TypeError(`Pod ${record.name} has no container.`);
    this.record = record;
    this.container = container;
    this.#dependencies = dependencies;
    this.#log = new PodLog({
      folder: podDirectory(dependencies.directory, record.uid),
      pod: record.name,
      now: dependencies.now,
      maxBytes: dependencies.maxLogBytes,
      onLine: (line) => dependencies.onLine(line),
    });
    this.#life = this.#live(adopted);
  }

  get ready(): boolean {
    return this.#health?.ready === true && !this.stopping;
  }
  get started(): boolean {
    return this.#health?.started === true;
  }
  get readySince(): string | undefined {
    return this.record.readySince;
  }
  get running(): boolean {
    return this.#process !== undefined;
  }
  get stopping(): boolean {
    return this.record.deletedAt !== undefined;
  }

  /** Tries again at once what waits for an image, a secret or Java; a crashing process keeps its back-off. */
  retry(): void {
    if (this.#process === undefined && this.waiting?.reason !== 'CrashLoopBackOff') this.#wake();
  }

  /** Stops the pod for good: SIGTERM, the grace period, SIGKILL. Resolves when it has ended. */
  async stop(): Promise<void> {
    if (!this.stopping) {
      this.record.deletedAt = toSeconds(this.#dependencies.now());
      this.#save();
      this.#dependencies.onEvent(this, 'Normal', 'Killing', 'Stopping container app');
      this.#changed();
    }
    this.#wake();
    if (this.#process !== undefined) await this.#terminate(this.#process);
    await this.#life;
  }

  /** Stops looking after the process, which goes on; the record lets the next control plane adopt it. */
  release(): void {
    this.#released = true;
    this.#health?.stop();
    this.#wake();
    this.drainLog();
    this.#log.close();
  }

  /** Reads what the process has written since. What a full disk keeps from being copied is read again later. */
  drainLog(final = false): void {
    try {
      this.#log.drain(final);
    } catch (error) {
      this.#dependencies.onEvent(this, 'Warning', 'LogNotCopied', `The pod's log can't be copied: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  async #live(adopted: boolean): Promise<void> {
    // A pod's constructor must return before anybody hears of it.
    await Promise.resolve();
    this.#process = adopted ? this.#adopt() : undefined;
    while (!this.#released) {
      if (this.stopping && this.#process === undefined) break;
      if (this.#process === undefined && !(await this.#start())) continue;
      const exit = await this.#watch();
      if (this.#released) return;
      this.#recordExit(exit);
      if (!this.stopping) await this.#waitAfterCrash();
    }
    if (!this.#released) this.#end();
  }

  #adopt(): ContainerProcess | undefined {
    const identity = this.record.process;
    if (identity === undefined) return undefined;
    return adoptProcess(identity, this.#dependencies.timing.pollMs);
  }

  /** Whether a process runs now. */
  async #start(): Promise<boolean> {
    try {
      const plan = await this.#dependencies.prepare(this.record, this.container);
      if (this.stopping || this.#released) return false;
      this.#save();
      this.#process = await startProcess(plan, this.#log.descriptor);
      this.record.process = { ...this.#process.identity, startedAt: toSeconds(this.#dependencies.now()) };
      this.#save();
      this.#failures = 0;
      this.#dependencies.onEvent(this, 'Normal', 'Started', 'Started container app');
      return true;
    } catch (error) {
      await this.#waitAfterFailedStart(error);
      return false;
    }
  }

  async #waitAfterFailedStart(error: unknown): Promise<void> {
    this.#failures += 1;
    const reason = error instanceof PodStartError ? error.reason : 'CreateContainerError';
    const message = error instanceof Error ? error.message : String(error);
    this.waiting = { reason, message };
    if (reason !== 'ContainerCreating') this.#dependencies.onEvent(this, 'Warning', reason, message);
    this.#changed();
    await this.#sleep(backOff(this.#dependencies.timing, this.#failures + 1));
  }

  async #watch(): Promise<ProcessExit> {
    const running = this.#process;
    if (running === undefined) throw new TypeError('No process to watch.');
    this.waiting = undefined;
    this.#health = new PodHealth({
      container: this.container,
      record: this.record,
      timing: this.#dependencies.timing,
      now: this.#dependencies.now,
      onChange: () => {
        if (!this.#released) this.#save();
        this.#changed();
      },
      onUnhealthy: (kind, message) => this.#dependencies.onEvent(this, 'Warning', 'Unhealthy', `${kind} probe failed: ${message}`),
      onRestart: (kind) => {
        this.#dependencies.onEvent(this, 'Normal', 'Killing', `Container app failed ${kind.toLowerCase()} probe, will be restarted`);
        void this.#terminate(running);
      },
    });
    this.#changed();
    if (this.stopping) void this.#terminate(running);
    const exit = await running.exited;
    this.#health.stop();
    this.#health = undefined;
    this.#process = undefined;
    return exit;
  }

  #recordExit(exit: ProcessExit): void {
    this.drainLog(true);
    const startedAt = this.record.process?.startedAt ?? toSeconds(this.#dependencies.now());
    const finishedAt = this.#dependencies.now();
    delete this.record.process;
    delete this.record.readySince;
    const ranWell = finishedAt.getTime() - Date.parse(startedAt) >= this.#dependencies.timing.backOffResetMs;
    this.record.crashes = ranWell ? 1 : this.record.crashes + 1;
    this.record.lastTermination = {
      // 137 with ContainerStatusUnknown is what a kubelet says when it wasn't there to see the end.
      exitCode: exit.exitCode ?? 137,
      ...(exit.signal === undefined ? {} : { signal: exit.signal }),
      reason: exit.exitCode === undefined ? 'ContainerStatusUnknown' : exit.exitCode === 0 ? 'Completed' : 'Error',
      message: exit.exitCode === undefined ? 'The process ended while no control plane, or another one, had started it: its exit code is not known.' : this.#log.lastText,
      startedAt,
      finishedAt: toSeconds(finishedAt),
    };
    if (!this.stopping) this.record.restartCount += 1;
    this.#save();
  }

  async #waitAfterCrash(): Promise<void> {
    const last = this.record.lastTermination;
    const wait = backOff(this.#dependencies.timing, this.record.crashes);
    this.waiting = {
      reason: 'CrashLoopBackOff',
      message: `back-off ${Math.round(wait / 1000)}s restarting the process, which ended with exit code ${last?.exitCode} at ${last?.finishedAt}`,
    };
    this.#dependencies.onEvent(this, 'Warning', 'BackOff', `Back-off restarting failed container app: exit code ${last?.exitCode}`);
    this.#changed();
    await this.#sleep(wait);
  }

  async #terminate(running: ContainerProcess): Promise<void> {
    running.signal('SIGTERM');
    const grace = (this.record.template.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    const timer = setTimeout(() => running.signal('SIGKILL'), grace);
    await running.exited;
    clearTimeout(timer);
  }

  #end(): void {
    this.record.endedAt = this.#dependencies.now().toISOString();
    this.#save();
    this.#log.close();
    this.#changed();
  }

  /** A full disk must not end the pod: without its record the next control plane finds the process by its mark. */
  #save(): void {
    try {
      writePodRecord(this.#dependencies.directory, this.record);
    } catch (error) {
      this.#dependencies.onEvent(this, 'Warning', 'RecordNotWritten', `The pod's record can't be written: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  #changed(): void {
    if (!this.#released) this.#dependencies.onChange(this);
  }

  #sleep(ms: number): Promise<void> {
    if (ms === 0 || this.stopping || this.#released) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
