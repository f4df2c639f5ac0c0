import type { Pending } from './prepare-group.ts';
import { Mismatch } from './preconditions.ts';
import { shownError } from './shown-error.ts';

/** Answers writes that are refused. What takes long to explain is explained beside the next writes, one after the other. */
export class Refusals {
  #last: Promise<void> = Promise.resolve();

  answer(pending: Pending, error: unknown): void {
    if (error instanceof Mismatch) this.#last = explainAfter(this.#last, error, pending);
    else pending.reject(error);
  }

  /** Resolves when all have been answered. */
  answered(): Promise<void> {
    return this.#last;
  }
}

async function explainAfter(before: Promise<void>, mismatch: Mismatch, pending: Pending): Promise<void> {
  await before;
  try {
    pending.reject(await mismatch.explain());
  } catch (error) {
    pending.reject(shownError(error));
  }
}
