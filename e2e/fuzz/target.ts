import type { Random } from '../../api/testing/fuzz-git.ts';

/** What is played; all of it can be made from the seed, or is kept. */
export interface FuzzCase {
  readonly seed: number;
  readonly input: unknown;
}

/** How a case was answered, and what is wrong with that. */
export interface Outcome {
  /** A code, or what stands for one: cases are counted by it. */
  readonly answer: string;
  readonly fault?: string;
}

/** Something that takes what anybody may give it. `Input` is what JSON holds, so that a case can be kept and played again. */
export interface Target<Input> {
  readonly name: string;
  make(random: Random): Input;
  /** Plays one case, and leaves the target as it was before. */
  play(input: Input): Promise<Outcome>;
  /** What is wrong after all cases. */
  inspect(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** How to begin a target, in a folder of its own. */
export interface TargetMaker {
  readonly name: string;
  /** How many of a hundred cases are its own. */
  readonly share: number;
  /** Answers that some of its cases must come to, else they have tried too little. */
  readonly reaches: readonly string[];
  open(folder: string): Promise<Target<unknown>>;
}
