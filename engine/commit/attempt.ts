import { ObjectDraft } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { CellHead, StateView } from '../state/state-view.ts';
import { isCertain, prepareGroup } from './prepare-group.ts';
import type { GroupContext, Outcome, Pending } from './prepare-group.ts';

export interface AttemptBase {
  /** What `main` has. */
  readonly head: StateView;
  /** What the attempt is made on: the head, or what a group that is being written makes of it. */
  readonly base: StateView;
  /** Reads the objects of the base. */
  readonly below: ObjectReader;
}

/** A group of intents run on a state, and nothing of it written. */
export class Attempt {
  readonly view: StateView;
  readonly objects: ObjectDraft;
  /** One for each of the group. */
  readonly outcomes: Outcome[] = [];
  /** How long it took to make. */
  milliseconds = 0;
  readonly #context: GroupContext;
  readonly #from: AttemptBase;
  /** As they were: what shows through the base changes when another process has moved a cell. */
  readonly #cells: ReadonlyMap<string, CellHead>;
  readonly #flush = Promise.withResolvers<void>();
  readonly #seen = new Map<string, Outcome>();

  private constructor(context: GroupContext, from: AttemptBase) {
    this.#context = context;
    this.#from = from;
    this.#cells = from.base.cells.toMap();
    this.view = from.base.fork();
    this.objects = new ObjectDraft(from.below);
  }

  static async make(context: GroupContext, group: readonly Pending[], from: AttemptBase): Promise<Attempt> {
    const attempt = new Attempt(context, from);
    await attempt.add(group);
    return attempt;
  }

  /** Runs more intents, on what those before them made. */
  async add(group: readonly Pending[]): Promise<void> {
    const { view, objects } = this;
    const began = performance.now();
    this.outcomes.push(...(await prepareGroup(this.#context, group, { head: this.#from.head, view, objects, seen: this.#seen, flushing: this.#flush.promise })));
    this.milliseconds += performance.now() - began;
  }

  /** To be called when the objects have been handed to the disk: there is time for plans then. */
  flushing(): void {
    this.#flush.resolve();
  }

  /**
   * Whether it is what would be made on the head now: `main` and the cells are at its base, and no intent has been committed
   * meanwhile. What an intent confirmed may have changed since: such a group is prepared again.
   */
  standsOn(head: StateView, group: readonly Pending[]): boolean {
    const { base } = this.#from;
    const isOver = group.some(({ intent }, index) => intent.confirm !== undefined || (!isCertain(this.outcomes[index]) && this.#context.requests.committed(intent.change) !== undefined));
    return !isOver && base.commit === head.commit && [...head.cells.keys()].every((cell) => this.#cells.get(cell) === head.cells.get(cell));
  }

  /** Its base has become the head. What the attempt was drawn from is let go. */
  settleOn(head: StateView, objects: ObjectReader): void {
    this.view.settleOn(head);
    this.objects.settleOn(objects);
  }
}
