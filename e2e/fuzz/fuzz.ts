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
  const target = await maker.open(folder);
  const answers = new Map<string, number>();
  const faults: Kept[] = [];
  const slow: Kept[] = [];
  let slowest = { seed, milliseconds: 0 };
  let residentMiB = 0;
  let cases = 0;
  const began = performance.now();
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
    const seconds = (performance.now() - began) / 1000;
    const left = [...(await target.inspect()), strays.take(), residentMiB > mostResidentMiB ? `The process grew to ${Math.round(residentMiB)} MiB.` : undefined];
    for (const fault of left) if (fault !== undefined) faults.push({ target: maker.name, seed, input: undefined, answer: 'after all cases', fault, milliseconds: 0 });
    return { target: maker.name, cases, seconds, answers, slowest, residentMiB, faults, slow };
  } finally {
    await target.close();
    strays.end();
  }
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
