import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../../api/testing/fuzz-git.ts';
import type { FuzzCase, Outcome, Target, TargetMaker } from './target.ts';

/** What a process that plays cases says, before each step that may hold it. */
export type Said =
  | { readonly step: 'opening' | 'inspecting' | 'closing' }
  | ({ readonly step: 'playing' } & FuzzCase)
  | { readonly step: 'played'; readonly milliseconds: number; readonly residentMiB: number; readonly outcome: Outcome }
  /** Of no case alone. */
  | { readonly step: 'wrong'; readonly when: string; readonly fault: string }
  | { readonly step: 'done' };

export interface Cases {
  /** Of the target alone. */
  readonly folder: string;
  readonly count: number;
  /** Of the first case; each has one of its own. */
  readonly seed: number;
  /** These instead of new ones. */
  readonly inputs?: readonly FuzzCase[];
  /** After so many cases that went wrong the others are not played: they would be the same ones again. */
  readonly mostFaults: number;
}

/** What ends by itself after the target has been closed: a connection whose rest is dropped takes two seconds. */
const closingMilliseconds = 5_000;

/** What nobody caught while a case ran. */
class Strays {
  readonly #found: unknown[] = [];

  constructor() {
    const note = (error: unknown) => {
      this.#found.push(error);
    };
    process.on('unhandledRejection', note);
    process.on('uncaughtException', note);
  }

  take(): string | undefined {
    const [first] = this.#found.splice(0);
    return first === undefined ? undefined : `Nobody caught: ${first instanceof Error ? first.stack : JSON.stringify(first)}`;
  }
}

/** Plays mutated cases at one target, one after the other, in a process of their own. */
export async function playCases(maker: TargetMaker, { folder, count, seed, inputs, mostFaults }: Cases, say: (said: Said) => void): Promise<void> {
  const strays = new Strays();
  const timersBefore = timers();
  say({ step: 'opening' });
  const target = await maker.open(folder);
  let faults = 0;
  try {
    for (const upcoming of inputs ?? generated(target, seed, count)) {
      await turn();
      say({ step: 'playing', ...upcoming });
      const started = performance.now();
      const outcome = await played(target, upcoming.input);
      const stray = strays.take();
      const whole = outcome.fault !== undefined || stray === undefined ? outcome : { ...outcome, fault: stray };
      say({ step: 'played', milliseconds: performance.now() - started, residentMiB: process.memoryUsage.rss() / 1024 / 1024, outcome: whole });
      if (whole.fault !== undefined) faults += 1;
      if (faults >= mostFaults) break;
    }
    say({ step: 'inspecting' });
    for (const fault of [...(await target.inspect()), strays.take()]) if (fault !== undefined) say({ step: 'wrong', when: 'after all cases', fault });
  } finally {
    say({ step: 'closing' });
    await target.close();
  }
  const running = (await timersLeft(timersBefore)) - timersBefore;
  if (running > 0) say({ step: 'wrong', when: 'closed', fault: `${running} timers still keep the process.` });
  say({ step: 'done' });
}

/** How many timers keep the process. */
function timers(): number {
  return process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
}

/** How many there are once no more than `expected` are left, or when those that end by themselves have had their time. */
async function timersLeft(expected: number): Promise<number> {
  const until = performance.now() + closingMilliseconds;
  while (timers() > expected && performance.now() < until) await sleep(50);
  return timers();
}

function* generated(target: Target<unknown>, seed: number, count: number): Generator<FuzzCase> {
  for (let own = seed; own < seed + count; own += 1) yield { seed: own, input: target.make(seeded(own)) };
}

async function played(target: Target<unknown>, input: unknown): Promise<Outcome> {
  try {
    return await target.play(input);
  } catch (error) {
    return { answer: 'thrown', fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
