/** Durations in milliseconds; the defaults are Kubernetes' where it has them. */
export interface Timing {
  /** Wait before the second restart in a row; doubles with each further crash. The first restart is immediate. */
  readonly backOffBaseMs: number;
  readonly backOffMaxMs: number;
  /** A process that ran this long is no longer counted as crashing. */
  readonly backOffResetMs: number;
  /** How often logs are read and adopted processes are looked at. */
  readonly pollMs: number;
  /** How often a starting pod is looked at, so that it is ready as soon as it is. */
  readonly eagerProbeMs: number;
  /** How often a service whose port another program holds tries to listen. */
  readonly serviceRetryMs: number;
  /** After this long without a listening port an application counts as one that honours its port. */
  readonly portDecisionMs: number;
}

export const defaultTiming: Timing = {
  backOffBaseMs: 10_000,
  backOffMaxMs: 300_000,
  backOffResetMs: 600_000,
  pollMs: 200,
  eagerProbeMs: 250,
  serviceRetryMs: 5000,
  portDecisionMs: 60_000,
};

/** Wait after the n-th failure in a row (from 1). */
export function backOff(timing: Timing, failures: number): number {
  return failures <= 1 ? 0 : Math.min(timing.backOffBaseMs * 2 ** (failures - 2), timing.backOffMaxMs);
}
