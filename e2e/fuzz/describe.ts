import type { FuzzReport } from './tally.ts';

/** A report as people read it. */
export function describe({ target, cases, seconds, answers, slowest, residentMiB, faults, slow }: FuzzReport): string {
  const counted = [...answers].sort(([, a], [, b]) => b - a).map(([answer, count]) => `  ${String(count).padStart(7)}  ${answer}`);
  return [
    `${target}: ${cases} cases, ${(cases / seconds).toFixed(0)}/s, slowest ${Math.round(slowest.milliseconds)} ms (seed ${slowest.seed}), ${slow.length} over 2 s, at most ${Math.round(residentMiB)} MiB, ${faults.length} faults`,
    ...counted,
  ].join('\n');
}
