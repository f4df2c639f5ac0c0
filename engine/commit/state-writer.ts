import { SYNTH_VERSION } from '../../synth/index.ts';
import { EngineError } from '../engine-error.ts';
import { GitError, ObjectDraft, RemoteError } from '../git/index.ts';
import { rememberSigner } from '../history/signatures.ts';
import type { Intent, Push, WriteResult } from '../intent.ts';
import { writeCheckpoint } from '../state/checkpoint.ts';
import type { StateView } from '../state/state-view.ts';
import type { Head } from '../types.ts';
import { judgePush, outdated } from './accept-push.ts';
import { cellReference, mainReference } from './branches.ts';
import { Follower } from './follower.ts';
import { MainUnreadable } from './main-unreadable.ts';
import { isCertain, isDecided, prepareGroup, recordedOf } from './prepare-group.ts';
import type { GroupContext, Outcome, Pending } from './prepare-group.ts';
import { publishCells } from './publish-cells.ts';
import type { PublishContext } from './publish-cells.ts';
import { readAhead } from './read-ahead.ts';
import { Refusals } from './refusals.ts';
import type { RewrittenKeeper } from './rewritten-keeper.ts';
import { concernsAll, patienceMilliseconds, shownError } from './shown-error.ts';

export interface WriterContext extends GroupContext, PublishContext {
  readonly rewritten: RewrittenKeeper;
  /** Called after `main` or a cell moved. */
  readonly moved: () => void;
  /** So many writes may wait; default 1,000. */
  readonly queueLimit?: number;
}

/** More intents in one go would only make each of them wait longer. */
const groupLimit = 32;
const defaultQueueLimit = 1_000;
/** A start after a kill looks again at what came after the last checkpoint. */
const commitsBetweenCheckpoints = 256;

function isPatient({ arrived }: Pending): boolean {
  return performance.now() - arrived < patienceMilliseconds;
}

/** What is certain stays so when the group fails. */
function orElse(outcome: Outcome | undefined, failed: Outcome): Outcome {
  return outcome !== undefined && isCertain(outcome) ? outcome : failed;
}

/**
 * The only writer of refs in this process; others may write beside it. Intents that wait are taken as a list: each becomes a
 * commit of its own, all objects are flushed at once and `main` moves once. Order: objects, their folders, `main`, its
 * folder, the cells' refs, the answers.
 */
export class StateWriter {
  readonly view: StateView;
  readonly refusals = new Refusals();
  readonly #context: WriterContext;
  readonly #follower: Follower;
  readonly #queue: Pending[] = [];
  #last: Promise<void> = Promise.resolve();
  #draining = false;
  #sinceCheckpoint = 0;
  #head: Head;

  constructor(context: WriterContext, view: StateView) {
    this.#context = context;
    this.view = view;
    this.#follower = new Follower(context, view, () => this.#announce());
    this.#head = this.#snapshot();
  }

  /** Rejects with `overloaded` when too many wait. */
  write(intent: Intent): Promise<WriteResult> {
    // It is looked at when the intent's turn comes.
    intent.recorded?.catch(() => {});
    return new Promise((resolve, reject) => {
      if (this.#queue.length >= (this.#context.queueLimit ?? defaultQueueLimit)) {
        reject(new EngineError('overloaded', 'More changes wait for the state repository than it can take soon; nothing was changed. Try again in a moment.', { retryAfterSeconds: 1 }));
        return;
      }
      this.#queue.push({ intent, resolve, reject, arrived: performance.now() });
      if (this.#draining) {
        // What it will ask for is read while the group before it is prepared.
        if (this.#queue.length <= groupLimit) void readAhead(this.#context, this.view, [intent]);
        return;
      }
      this.#draining = true;
      void this.#serial(() => this.#drain());
    });
  }

  /** Moves the cells to where the start's view has them. */
  start(): Promise<void> {
    return this.#serial(async () => {
      await this.#look();
      this.#announce();
    });
  }

  /**
   * Takes over what somebody else committed up to now, and moves refs of cells that could not be moved before. Throws when a
   * remote can't be asked.
   */
  catchUp(): Promise<void> {
    const since = performance.now();
    return this.#serial(async () => {
      await this.#context.repository.refresh(since);
      await this.#look();
    });
  }

  /**
   * Moves `main` to commits that a push brought, all or none, once they have been judged on the head of this moment. Throws
   * what `judgePush` throws.
   */
  accept(push: Push): Promise<readonly string[]> {
    return this.#serial(async () => {
      await this.#follow();
      const { view, objects, commits } = await judgePush(this.#context, this.view, push);
      if (commits.length === 0) return commits;
      try {
        await push.keep();
        await this.#publish(view, objects);
      } catch (error) {
        if (error instanceof GitError && error.code === 'ref_moved') throw outdated(error);
        throw shownError(error);
      }
      return commits;
    });
  }

  /** Writes down that everything up to here has been looked at. */
  saveCheckpoint(): Promise<void> {
    return this.#serial(() => this.#saveCheckpoint());
  }

  async #saveCheckpoint(): Promise<void> {
    this.#sinceCheckpoint = 0;
    const cells = [...this.view.cells.toMap()].flatMap(([name, { commit }]) => (commit === undefined ? [] : [[name, commit] as const]));
    await writeCheckpoint(this.#context.directory, { main: this.view.commit, synthVersion: SYNTH_VERSION, cells: Object.fromEntries(cells) });
  }

  /** Runs after everything that was asked for before, and before anything asked for later. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial(work);
  }

  #serial<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#last.then(work);
    this.#last = turn.then(
      () => {},
      () => {},
    );
    return turn;
  }

  async #drain(): Promise<void> {
    while (this.#queue.length > 0) {
      const group = this.#queue.splice(0, groupLimit);
      await this.#group(group).catch((error: unknown) => {
        const shown = shownError(error);
        for (const pending of group) pending.reject(shown);
        if (concernsAll(shown)) this.#refuseWaiting(error);
      });
      this.#sinceCheckpoint += group.length;
      // It is a hint: the writes that it would speak of stand without it.
      if (this.#sinceCheckpoint >= commitsBetweenCheckpoints) await this.#saveCheckpoint().catch(() => {});
    }
    this.#draining = false;
  }

  /** `group` is what has no answer yet: whoever can't be tried again leaves it, whoever came meanwhile may join it. */
  async #group(group: Pending[]): Promise<void> {
    for (;;) {
      await this.#context.repository.refresh(Number.NEGATIVE_INFINITY);
      // At a Git host, moving the cells takes as long as moving main, in which time others would move main again.
      await this.#follower.follow(() => this.#seePublished());
      const view = this.view.fork();
      const objects = new ObjectDraft(this.#context.repository.objects);
      const began = performance.now();
      const flush = Promise.withResolvers<void>();
      const outcomes = await prepareGroup(this.#context, group, { head: this.view, view, objects, flushing: flush.promise });
      const recorded = await recordedOf(group);
      if (recorded.length < group.length) {
        group.splice(0, group.length, ...recorded);
        if (group.length === 0) return this.#show();
        continue;
      }
      const prepared = performance.now();
      try {
        if (group.every(isPatient) && (await this.#isOutdated(group, outcomes))) continue;
        const published = this.#publish(view, objects);
        // What needs no disk is done while the disk writes: the plans of these, and reading for the next.
        setImmediate(() => {
          flush.resolve();
          void readAhead(this.#context, this.view, this.#next());
        });
        await published;
      } catch (error) {
        const overtaken = error instanceof GitError && error.code === 'ref_moved' ? group.filter(isPatient) : [];
        const failed = { error: shownError(error) };
        const answers = group.map((pending, index) => ({ pending, outcome: orElse(outcomes[index], failed) })).filter(({ pending }) => !overtaken.includes(pending));
        await this.#settleAll(answers.map(({ pending }) => pending), answers.map(({ outcome }) => outcome));
        if (overtaken.length > 0) {
          group.splice(0, group.length, ...this.#regroup(overtaken, prepared - began < performance.now() - prepared));
          continue;
        }
        if (concernsAll(failed.error)) this.#refuseWaiting(error);
        await this.#show();
        return;
      }
      await this.#settleAll(group, outcomes);
      return;
    }
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

  #next(): Intent[] {
    return this.#queue.slice(0, groupLimit).map(({ intent }) => intent);
  }

  /** What changes nothing is answered from a state that is no older than the request; false when ours is not. */
  async #isOutdated(group: readonly Pending[], outcomes: readonly Outcome[]): Promise<boolean> {
    const idle = group.filter((_, index) => !isDecided(outcomes[index]));
    if (idle.length === 0) return false;
    const { repository } = this.#context;
    await repository.refresh(Math.max(...idle.map(({ arrived }) => arrived)));
    return (await repository.reference(mainReference)) !== this.view.commit;
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

  async #publish(view: StateView, objects: ObjectDraft): Promise<void> {
    if (view.commit !== this.view.commit) {
      const { repository, now } = this.#context;
      await repository.objects.write(objects.objects());
      await repository.move({ name: mainReference, before: this.view.commit, after: view.commit }, now());
      this.view.absorb(view);
    }
    await this.#show();
  }

  /** The cells follow `main`, then both are shown. */
  async #show(): Promise<void> {
    await this.#publishCells();
    if (this.#isNews()) this.#announce();
  }

  #isNews(): boolean {
    const { commit, cells } = this.#head;
    const { published } = this.#context;
    return commit !== this.view.commit || cells.size !== published.size || [...published].some(([cell, id]) => cells.get(cell) !== id);
  }

  #announce(): void {
    this.#head = this.#snapshot();
    this.#context.moved();
  }

  #snapshot(): Head {
    return { commit: this.view.commit, cells: new Map(this.#context.published), quarantines: this.#follower.quarantines() };
  }

  /** `main` and the cells that show it: taken after both have moved. */
  head(): Head {
    return this.#head;
  }

  /**
   * `main` has moved, so nothing that goes wrong here may fail the write: a cell that stays behind is moved with the next
   * write or by the next look at the refs.
   */
  async #publishCells(): Promise<void> {
    await publishCells(this.#context, this.view).catch((error: unknown) => this.#context.onError?.(error));
  }

  async #follow(): Promise<void> {
    await this.#follower.follow(async () => {
      await this.#seePublished();
      await this.#publishCells();
    });
    await this.#show();
  }

  /** The head tells of a `main` that can not be read. */
  async #look(): Promise<void> {
    await this.#follow().catch((error: unknown) => {
      if (!(error instanceof MainUnreadable)) throw error;
    });
  }

  /** Whoever moved `main` has most likely moved the cells as well. */
  async #seePublished(): Promise<void> {
    const { published, repository } = this.#context;
    for (const cell of this.view.cells.keys()) {
      const current = await repository.reference(cellReference(cell));
      if (current !== undefined) published.set(cell, current);
    }
  }
}
