import { setTimeout as sleep } from 'node:timers/promises';
import { seeded } from '../../api/testing/fuzz-git.ts';
import type { Outcome, Target, TargetMaker } from './target.ts';

/** A case as it is kept to be played again. */
export interface Kept {
  readonly target: string;
  readonly seed: number;
  readonly input: unknown;
  readonly answer: string;
  readonly fault?: string;
  readonly milliseconds: number;
}

export interface FuzzReport {
  readonly target: string;
  readonly cases: number;
  readonly seconds: number;
  /** Answer → how often. */
  readonly answers: ReadonlyMap<string, number>;
  readonly slowest: { readonly seed: number; readonly milliseconds: number };
  readonly residentMiB: number;
  readonly faults: readonly Kept[];
  /** Cases that held the process, or their caller, for too long. */
  readonly slow: readonly Kept[];
}

export interface FuzzRun {
  readonly folder: string;
  readonly count: number;
  /** Of the first case; each has one of its own. */
  readonly seed: number;
  /** These instead of new ones. */
  readonly inputs?: readonly Pick<Kept, 'seed' | 'input'>[];
}

const slowMilliseconds = 2_000;
const mostResidentMiB = 2_048;
/** What ends by itself after the target has been closed: a connection whose rest is dropped takes two seconds. */
const closingMilliseconds = 5_000;
/** More would be the same one again. */
const mostFaults = 20;

/** What nobody caught while a case ran. */
class Strays {
  readonly #found: unknown[] = [];
  readonly #note = (error: unknown) => {
    this.#found.push(error);
  };

  constructor() {
    process.on('unhandledRejection', this.#note);
    process.on('uncaughtException', this.#note);
  }

  take(): string | undefined {
    const [first] = this.#found.splice(0);
    return first === undefined ? undefined : `Nobody caught: ${first instanceof Error ? first.stack : JSON.stringify(first)}`;
  }

  end(): void {
    process.off('unhandledRejection', this.#note);
    process.off('uncaughtException', this.#note);
  }
}

/** Plays mutated cases at one target, one after the other. */
export async function fuzz(maker: TargetMaker, { folder, count, seed, inputs }: FuzzRun): Promise<FuzzReport> {
  const strays = new Strays();
  const timersBefore = timers();
  const target = await maker.open(folder);
  const answers = new Map<string, number>();
  const faults: Kept[] = [];
  const slow: Kept[] = [];
  let slowest = { seed, milliseconds: 0 };
  let residentMiB = 0;
  let cases = 0;
  const began = performance.now();
  let seconds = 0;
  const upcoming = inputs ?? generated(target, seed, count);
  try {
    for (const { seed: own, input } of upcoming) {
      const started = performance.now();
      const { answer, fault } = await played(target, input);
      const milliseconds = performance.now() - started;
      const wrong = fault ?? strays.take();
      const kept: Kept = { target: maker.name, seed: own, input, answer, milliseconds, ...(wrong === undefined ? {} : { fault: wrong }) };
      cases += 1;
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
      if (milliseconds > slowest.milliseconds) slowest = { seed: own, milliseconds };
      if (wrong !== undefined) faults.push(kept);
      else if (milliseconds > slowMilliseconds) slow.push(kept);
      if (cases % 50 === 0) residentMiB = Math.max(residentMiB, process.memoryUsage.rss() / 1024 / 1024);
      if (faults.length >= mostFaults) break;
    }
    seconds = (performance.now() - began) / 1000;
    const left = [...(await target.inspect()), strays.take(), residentMiB > mostResidentMiB ? `The process grew to ${Math.round(residentMiB)} MiB.` : undefined];
    for (const fault of left) if (fault !== undefined) faults.push({ target: maker.name, seed, input: undefined, answer: 'after all cases', fault, milliseconds: 0 });
  } finally {
    await target.close();
    strays.end();
  }
  const running = (await timersLeft(timersBefore)) - timersBefore;
  if (running > 0) faults.push({ target: maker.name, seed, input: undefined, answer: 'closed', fault: `${running} timers still keep the process.`, milliseconds: 0 });
  return { target: maker.name, cases, seconds, answers, slowest, residentMiB, faults, slow };
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

function* generated(target: Target<unknown>, seed: number, count: number): Generator<Pick<Kept, 'seed' | 'input'>> {
  for (let own = seed; own < seed + count; own += 1) yield { seed: own, input: target.make(seeded(own)) };
}

async function played(target: Target<unknown>, input: unknown): Promise<Outcome> {
  try {
    return await target.play(input);
  } catch (error) {
    return { answer: 'thrown', fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}
