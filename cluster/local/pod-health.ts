import { listeningPorts } from './process-identity.ts';
import type { PodRecord } from './pod-record.ts';
import { Prober } from './prober.ts';
import type { Container, ProbeSpec } from './shapes.ts';
import { toSeconds } from './time.ts';
import type { Timing } from './timing.ts';

export type ProbeKind = 'Startup' | 'Readiness' | 'Liveness';

export interface PodHealthOptions {
  readonly container: Container;
  /** Its `readySince` is kept here, and its `ports` and `portBehaviour` when the application listens elsewhere than told. */
  readonly record: PodRecord;
  readonly timing: Timing;
  readonly now: () => Date;
  readonly onChange: () => void;
  readonly onUnhealthy: (kind: ProbeKind, message: string) => void;
  /** The process must be restarted: liveness or startup failed for good. */
  readonly onRestart: (kind: ProbeKind) => void;
}

/**
 * Follows one run of a container: startup probe first, then readiness and liveness, as Kubernetes does. A container
 * without a readiness probe is ready once it has started.
 */
export class PodHealth {
  started = false;
  ready = false;
  readonly #options: PodHealthOptions;
  readonly #probers: Prober[] = [];
  readonly #portTimer: NodeJS.Timeout | undefined;
  #restarting = false;

  constructor(options: PodHealthOptions) {
    this.#options = options;
    const declared = options.container.ports?.[0]?.containerPort;
    if (declared !== undefined && options.record.portBehaviour === 'unknown') {
      const deadline = performance.now() + options.timing.portDecisionMs;
      this.#portTimer = setInterval(() => this.#decidePort(declared, deadline), options.timing.eagerProbeMs);
    }
    // Adopted while it was ready: it stays so until a probe says otherwise.
    this.ready = options.record.readySince !== undefined;
    const startup = this.ready ? undefined : options.container.startupProbe;
    if (startup === undefined) this.#onStarted();
    else this.#probe('Startup', startup, () => this.#onStarted());
  }

  stop(): void {
    clearInterval(this.#portTimer);
    for (const prober of this.#probers) prober.stop();
  }

  #onStarted(): void {
    if (this.started) return;
    for (const prober of this.#probers.splice(0)) prober.stop();
    this.started = true;
    const { readinessProbe, livenessProbe } = this.#options.container;
    if (readinessProbe === undefined) this.#setReady(true);
    else this.#probe('Readiness', readinessProbe, () => this.#setReady(true));
    if (livenessProbe !== undefined) this.#probe('Liveness', livenessProbe, () => {});
    this.#options.onChange();
  }

  #probe(kind: ProbeKind, probe: ProbeSpec, onSuccess: () => void): void {
    const port = probe.httpGet?.port ?? probe.tcpSocket?.port;
    if (port === undefined) {
      // Other kinds of probe need a container to run in.
      this.#options.onUnhealthy(kind, 'only httpGet and tcpSocket probes run locally; it counts as passed');
      onSuccess();
      return;
    }
    this.#probers.push(new Prober({
      probe,
      port: () => actualPort(port, this.#options.container, this.#options.record),
      onSuccess,
      onFailure: (message) => this.#onFailure(kind, message),
      ...(kind === 'Liveness' ? {} : { eagerMs: this.#options.timing.eagerProbeMs }),
    }));
  }

  #onFailure(kind: ProbeKind, message: string): void {
    if (this.#restarting) return;
    this.#options.onUnhealthy(kind, message);
    if (kind === 'Readiness') this.#setReady(false);
    else {
      this.#restarting = true;
      this.#setReady(false);
      this.#options.onRestart(kind);
    }
  }

  #setReady(ready: boolean): void {
    if (this.ready === ready) return;
    this.ready = ready;
    if (ready) this.#options.record.readySince = toSeconds(this.#options.now());
    else delete this.#options.record.readySince;
    this.#options.onChange();
  }

  #decidePort(declared: number, deadline: number): void {
    const { record } = this.#options;
    const ports = record.process === undefined ? undefined : listeningPorts(record.process.pid);
    const told = record.ports[declared];
    if (told !== undefined && ports?.has(told) === true) record.portBehaviour = 'honoured';
    else if (ports?.has(declared) === true) {
      record.portBehaviour = 'ignored';
      record.ports[declared] = declared;
    } else if (performance.now() > deadline) record.portBehaviour = 'honoured';
    if (record.portBehaviour === 'unknown') return;
    clearInterval(this.#portTimer);
    this.#options.onChange();
  }
}

/** Port on loopback of a declared port, given by its number or its name. */
export function actualPort(port: number | string, container: Container, record: Pick<PodRecord, 'ports'>): number {
  const declared = typeof port === 'number' ? port : container.ports?.find((candidate) => candidate.name === port)?.containerPort;
  return declared === undefined ? 0 : record.ports[declared] ?? declared;
}
