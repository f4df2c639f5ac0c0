import type { StateView } from '../state/state-view.ts';
import type { Quarantine } from '../types.ts';
import { follow } from './follow.ts';
import type { FollowContext } from './follow.ts';
import { MainUnreadable } from './main-unreadable.ts';

/** Follows `main` with a view, and knows whether it could be read to its end. */
export class Follower {
  readonly #context: FollowContext;
  readonly #view: StateView;
  readonly #changed: () => void;
  #unreadable: MainUnreadable | undefined;

  /** `changed`: called when `main` can not be read any more, or again. */
  constructor(context: FollowContext, view: StateView, changed: () => void) {
    this.#context = context;
    this.#view = view;
    this.#changed = changed;
  }

  /** Throws what `follow` throws. */
  async follow(step: () => Promise<void>): Promise<void> {
    const before = this.#unreadable?.message;
    try {
      await follow(this.#context, this.#view, step);
      this.#unreadable = undefined;
    } catch (error) {
      if (error instanceof MainUnreadable) this.#unreadable = error;
      throw error;
    } finally {
      if (this.#unreadable?.message !== before) this.#changed();
    }
  }

  /** Those of the view; an unreadable `main` is one of the platform's files. */
  quarantines(): ReadonlyMap<string, Quarantine> {
    const quarantines = this.#view.quarantines.toMap();
    const quarantine = this.#unreadable?.quarantine;
    return quarantine === undefined ? quarantines : new Map([...quarantines, [quarantine.tenant, quarantine]]);
  }
}
