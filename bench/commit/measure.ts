import { readFileSync } from 'node:fs';

export interface Timed {
  /** Milliseconds of each write. */
  readonly times: readonly number[];
  readonly perSecond: number;
}

export function quantile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

export function summary({ times }: Pick<Timed, 'times'>): string {
  const at = (part: number) => quantile(times, part).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (${times.length} runs)`;
}

/** Each of `writers` writes `each` times, one after the other. `write` is told how many came before it. */
export async function writeAll(writers: number, each: number, write: (turn: number) => Promise<void>): Promise<Timed> {
  const times: number[] = [];
  const began = performance.now();
  await Promise.all(Array.from({ length: writers }, async (_, writer) => {
    for (let turn = 0; turn < each; turn += 1) {
      const start = performance.now();
      await write(writer * each + turn);
      times.push(performance.now() - start);
    }
  }));
  return { times, perSecond: (times.length * 1000) / (performance.now() - began) };
}

/** A tick of the kernel's accounting, in all of Linux. */
const tickMilliseconds = 10;

/** Milliseconds of processor that a process has used, its threads included and its children not. */
export function processorOf(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * tickMilliseconds;
}

export function memoryOf(pid: number): string {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const megabytes = (name: string) => Math.round(Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024);
  return `${megabytes('VmRSS')} MB (peak ${megabytes('VmHWM')} MB)`;
}
