import { GitError, RemoteError } from '../git/index.ts';
import type { ObjectDraft } from '../git/index.ts';
import { rememberSigner } from '../history/signatures.ts';
import type { StateView } from '../state/state-view.ts';
import { Attempt } from './attempt.ts';
import { mainReference } from './branches.ts';
import { isCertain, isDecided, recordedOf } from './prepare-group.ts';
import type { GroupContext, Outcome, Pending } from './prepare-group.ts';
import { readAhead } from './read-ahead.ts';
import { Refusals } from './refusals.ts';
import { concernsAll, patienceMilliseconds, shownError } from './shown-error.ts';

/** Where groups of writes are made known. */
export interface Stage {
  /** What `main` has, as far as is known. */
  readonly view: StateView;
  /** Takes over what others put on `main`. */
  follow(): Promise<void>;
  /** Writes the objects, moves `main` to the view, then the cells. */
  publish(view: StateView, objects: ObjectDraft): Promise<void>;
  show(): Promise<void>;
}

/** More intents in one go would only make each of them wait longer. */
const groupLimit = 32;

/** A group that waits for its turn. */
interface Next {
  readonly group: Pending[];
  /** Made while the group before it was written to the disk. */
  readonly attempt?: Promise<Attempt>;
}

function isPatient({ arrived }: Pending): boolean {
  return performance.now() - arrived < patienceMilliseconds;
}

/** What is certain stays so when the group fails. */
function orElse(outcome: Outcome | undefined, failed: Outcome): Outcome {
  return outcome !== undefined && isCertain(outcome) ? outcome : failed;
}

/**
 * Intents that wait are taken as a list: each becomes a commit of its own, all objects are flushed at once and `main` moves once.
 * While the disk writes one group, the next is prepared on what that one made; when it does not come to that, it is prepared
 * again.
 */
export class WriteGroups {
  readonly refusals = new Refusals();
  readonly #context: GroupContext;
  readonly #stage: Stage;
  readonly #queue: Pending[] = [];
  #isBusy = false;
  /** The group that the disk writes. */
  #writing: Attempt | undefined;
  #ahead: Next | undefined;

  constructor(context: GroupContext, stage: Stage) {
    this.#context = context;
    this.#stage = stage;
  }

  /** How many wait and are not being prepared yet. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** When the first of those came that have no answer; moment of `performance.now()`. */
  get oldest(): number | undefined {
    return (this.#ahead?.group ?? this.#queue)[0]?.arrived;
  }

  /** Resolves when nothing is being prepared. */
  async prepared(): Promise<void> {
    await this.#ahead?.attempt;
  }

  add(pending: Pending): void {
    this.#queue.push(pending);
    // Those that come at once are prepared together.
    if (this.#writing !== undefined) setImmediate(() => this.#prepareAhead());
    // What it will ask for is read while the group before it is prepared.
    else if (this.#isBusy && this.#queue.length <= groupLimit) void readAhead(this.#context, this.#stage.view, [pending.intent]);
  }

  /** Answers a group of those that wait. Resolves with how many they were. */
  async next(): Promise<number> {
    const { group, attempt } = this.#take();
    this.#isBusy = true;
    await this.#group(group, attempt).catch(async (error: unknown) => {
      const shown = shownError(error);
      for (const pending of group) pending.reject(shown);
      await attempt;
      await this.#giveBack();
      if (concernsAll(shown)) this.#refuseWaiting(error);
    });
    this.#isBusy = false;
    return group.length;
  }

  #take(): Next {
    const next = this.#ahead ?? { group: this.#queue.splice(0, groupLimit) };
    this.#ahead = undefined;
    return next;
  }

  /** `group` is what has no answer yet: whoever can't be tried again leaves it, whoever came meanwhile may join it. */
  async #group(group: Pending[], ahead: Promise<Attempt> | undefined): Promise<void> {
    let made = ahead;
    for (;;) {
      await this.#context.repository.refresh(Number.NEGATIVE_INFINITY);
      await this.#stage.follow();
      const attempt = await this.#attemptOf(group, made);
      made = undefined;
      const { outcomes } = attempt;
      const recorded = await recordedOf(group);
      if (recorded.length < group.length) {
        group.splice(0, group.length, ...recorded);
        if (group.length === 0) return this.#stage.show();
        continue;
      }
      const prepared = performance.now();
      try {
        if (group.every(isPatient) && (await this.#isOutdated(group, outcomes))) continue;
        await this.#publish(attempt);
      } catch (error) {
        await this.#giveBack();
        const overtaken = error instanceof GitError && error.code === 'ref_moved' ? group.filter(isPatient) : [];
        const failed = { error: shownError(error) };
        const answers = group.map((pending, index) => ({ pending, outcome: orElse(outcomes[index], failed) })).filter(({ pending }) => !overtaken.includes(pending));
        await this.#settleAll(answers.map(({ pending }) => pending), answers.map(({ outcome }) => outcome));
        if (overtaken.length > 0) {
          group.splice(0, group.length, ...this.#regroup(overtaken, attempt.milliseconds < performance.now() - prepared));
          continue;
        }
        if (concernsAll(failed.error)) this.#refuseWaiting(error);
        return this.#stage.show();
      }
      return this.#settleAll(group, outcomes);
    }
  }

  /** The attempt that was made ahead, with those who came since; a new one when `main` went another way. */
  async #attemptOf(group: Pending[], ahead: Promise<Attempt> | undefined): Promise<Attempt> {
    const { view } = this.#stage;
    const made = await ahead;
    if (made?.standsOn(view, group) !== true) return Attempt.make(this.#context, group, { head: view, base: view, below: this.#context.repository.objects });
    made.settleOn(view, this.#context.repository.objects);
    const late = this.#queue.splice(0, groupLimit - group.length);
    group.push(...late);
    await made.add(late);
    return made;
  }

  /** What needs no disk is done while the disk writes: the plans of these, and the next group. */
  async #publish(attempt: Attempt): Promise<void> {
    this.#writing = attempt;
    setImmediate(() => {
      attempt.flushing();
      this.#prepareAhead();
    });
    await this.#stage.publish(attempt.view, attempt.objects).finally(() => {
      this.#writing = undefined;
    });
  }

  #prepareAhead(): void {
    if (this.#queue.length === 0 || this.#writing === undefined || this.#ahead !== undefined) return;
    const { view, objects } = this.#writing;
    const group = this.#queue.splice(0, groupLimit);
    this.#ahead = { group, attempt: Attempt.make(this.#context, group, { head: this.#stage.view, base: view, below: objects }) };
  }

  /** Whom the next group was prepared for wait again, before all others: what it was prepared on does not come to be. */
  async #giveBack(): Promise<void> {
    const ahead = this.#ahead;
    this.#ahead = undefined;
    await ahead?.attempt;
    this.#queue.unshift(...(ahead?.group ?? []));
  }

  /**
   * What takes less time is overtaken less often. Where the swap takes longest, fewer intents would gain nothing, and whoever came
   * meanwhile goes along: an attempt that succeeds is rare there, so it should be worth it.
   */
  #regroup(overtaken: readonly Pending[], swapIsLongest: boolean): readonly Pending[] {
    if (swapIsLongest) return [...overtaken, ...this.#queue.splice(0, groupLimit - overtaken.length)];
    const kept = Math.ceil(overtaken.length / 2);
    this.#queue.unshift(...overtaken.slice(kept));
    return overtaken.slice(0, kept);
  }

  /** What changes nothing is answered from a state that is no older than the request; false when ours is not. */
  async #isOutdated(group: readonly Pending[], outcomes: readonly Outcome[]): Promise<boolean> {
    const idle = group.filter((_, index) => !isDecided(outcomes[index]));
    if (idle.length === 0) return false;
    const { repository } = this.#context;
    await repository.refresh(Math.max(...idle.map(({ arrived }) => arrived)));
    return (await repository.reference(mainReference)) !== this.#stage.view.commit;
  }

  /** None of them has been tried. */
  #refuseWaiting(cause: unknown): void {
    const refusal = shownError(new RemoteError('remote_unavailable', 'The Git host that holds the state can not take changes now; nothing was changed. Try again in a moment.', { cause }));
    for (const pending of this.#queue.splice(0)) pending.reject(refusal);
  }

  async #settleAll(group: readonly Pending[], outcomes: readonly Outcome[]): Promise<void> {
    for (const [index, pending] of group.entries()) {
      const { intent, resolve, reject } = pending;
      const outcome = outcomes[index];
      if (outcome === undefined || 'error' in outcome) {
        this.refusals.answer(pending, outcome?.error);
        continue;
      }
      if (outcome.commit !== undefined) {
        this.#context.requests.add(intent.change, outcome.commit);
        rememberSigner(outcome.commit, this.#context.key.publicBytes);
      }
      // One by one: a plan that can't be made must not answer for the writes of others.
      await outcome.result.then(resolve, reject);
    }
  }
}
