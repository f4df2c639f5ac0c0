import type { Said } from './play-cases.ts';
import type { FuzzCase } from './target.ts';

/** A case as it is kept to be played again. */
export interface Kept extends FuzzCase {
  readonly target: string;
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

const slowMilliseconds = 2_000;
const mostResidentMiB = 2_048;

/** What came of the cases of one target, by what their processes say. */
export class Tally {
  readonly #target: string;
  readonly #seed: number;
  readonly #answers = new Map<string, number>();
  readonly #faults: Kept[] = [];
  readonly #slow: Kept[] = [];
  #slowest = { seed: 0, milliseconds: 0 };
  #residentMiB = 0;
  #cases = 0;
  #milliseconds = 0;
  /** What the process is at. */
  #at: Said = { step: 'opening' };
  #since = performance.now();

  constructor(target: string, seed: number) {
    this.#target = target;
    this.#seed = seed;
  }

  /** Those that ended their process as well. */
  get cases(): number {
    return this.#cases;
  }

  get faults(): number {
    return this.#faults.length;
  }

  hear(said: Said): void {
    if (said.step === 'played' && this.#at.step === 'playing') this.#count(this.#at, said);
    if (said.step === 'wrong') this.#faults.push({ target: this.#target, seed: this.#seed, input: undefined, answer: said.when, fault: said.fault, milliseconds: 0 });
    this.#at = said;
    this.#since = performance.now();
  }

  /** The process has ended without having said that it is done. */
  ended(fault: string): void {
    const at = this.#at;
    const milliseconds = performance.now() - this.#since;
    if (at.step === 'playing') this.#count(at, { milliseconds, residentMiB: 0, outcome: { answer: 'none', fault } });
    else this.#faults.push({ target: this.#target, seed: this.#seed, input: undefined, answer: at.step, fault, milliseconds });
    this.#at = { step: 'opening' };
  }

  report(): FuzzReport {
    return { target: this.#target, cases: this.#cases, seconds: this.#milliseconds / 1000, answers: this.#answers, slowest: this.#slowest, residentMiB: this.#residentMiB, faults: this.#faults, slow: this.#slow };
  }

  #count({ seed, input }: FuzzCase, { milliseconds, residentMiB, outcome }: Omit<Extract<Said, { step: 'played' }>, 'step'>): void {
    const { answer, fault } = outcome;
    const kept: Kept = { target: this.#target, seed, input, answer, milliseconds, ...(fault === undefined ? {} : { fault }) };
    this.#cases += 1;
    this.#milliseconds += milliseconds;
    this.#answers.set(answer, (this.#answers.get(answer) ?? 0) + 1);
    if (milliseconds > this.#slowest.milliseconds) this.#slowest = { seed, milliseconds };
    if (fault !== undefined) this.#faults.push(kept);
    else if (milliseconds > slowMilliseconds) this.#slow.push(kept);
    if (residentMiB > mostResidentMiB && this.#residentMiB <= mostResidentMiB) this.#faults.push({ ...kept, fault: `The process grew to ${Math.round(residentMiB)} MiB.` });
    this.#residentMiB = Math.max(this.#residentMiB, residentMiB);
  }
}
