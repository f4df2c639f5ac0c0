import { SYNTH_VERSION } from '../../synth/index.ts';
import { EngineError } from '../engine-error.ts';
import { GitError } from '../git/index.ts';
import type { ObjectDraft } from '../git/index.ts';
import type { Intent, Push, WriteResult } from '../intent.ts';
import { writeCheckpoint } from '../state/checkpoint.ts';
import type { StateView } from '../state/state-view.ts';
import type { Head } from '../types.ts';
import { judgePush, outdated } from './accept-push.ts';
import { cellReference, mainReference } from './branches.ts';
import { Follower } from './follower.ts';
import { MainUnreadable } from './main-unreadable.ts';
import type { GroupContext } from './prepare-group.ts';
import { publishCells } from './publish-cells.ts';
import type { PublishContext } from './publish-cells.ts';
import type { Refusals } from './refusals.ts';
import type { RewrittenKeeper } from './rewritten-keeper.ts';
import { shownError } from './shown-error.ts';
import { WriteGroups } from './write-groups.ts';

export interface WriterContext extends GroupContext, PublishContext {
  readonly rewritten: RewrittenKeeper;
  /** Called after `main` or a cell moved. */
  readonly moved: () => void;
  /** So many writes may wait; default 1,000. */
  readonly queueLimit?: number;
}

const defaultQueueLimit = 1_000;
/** A start after a kill looks again at what came after the last checkpoint. */
const commitsBetweenCheckpoints = 256;

interface Turn {
  /** Moment of `performance.now()`. */
  readonly asked: number;
  run(): Promise<void>;
}

/**
 * The only writer of refs in this process; others may write beside it. One turn after the other, in the order in which they were
 * asked for: a push, a look at the refs, or a group of the writes that wait. Order: objects, their folders, `main`, its folder,
 * the cells' refs, the answers.
 */
export class StateWriter {
  readonly view: StateView;
  readonly #context: WriterContext;
  readonly #follower: Follower;
  readonly #groups: WriteGroups;
  readonly #turns: Turn[] = [];
  #running = false;
  #sinceCheckpoint = 0;
  #head: Head;

  constructor(context: WriterContext, view: StateView) {
    this.#context = context;
    this.view = view;
    this.#follower = new Follower(context, view, () => this.#announce());
    this.#groups = new WriteGroups(context, {
      view,
      // At a Git host, moving the cells takes as long as moving main, in which time others would move main again.
      follow: async () => {
        await this.#follower.follow(() => this.#seePublished());
      },
      publish: (next, objects) => this.#publish(next, objects),
      show: () => this.#show(),
    });
    this.#head = this.#snapshot();
  }

  get refusals(): Refusals {
    return this.#groups.refusals;
  }

  /** Rejects with `overloaded` when too many wait. */
  write(intent: Intent): Promise<WriteResult> {
    // It is looked at when the intent's turn comes.
    intent.recorded?.catch(() => {});
    return new Promise((resolve, reject) => {
      if (this.#groups.waiting >= (this.#context.queueLimit ?? defaultQueueLimit)) {
        reject(new EngineError('overloaded', 'More changes wait for the state repository than it can take soon; nothing was changed. Try again in a moment.', { retryAfterSeconds: 1 }));
        return;
      }
      this.#groups.add({ intent, resolve, reject, arrived: performance.now() });
      this.#run();
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

  /** Runs after everything that was asked for before. Of the writes that come later, some may be in a group with those. */
  exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#serial(work);
  }

  #serial<T>(work: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#turns.push({ asked: performance.now(), run: () => Promise.resolve().then(work).then(resolve, reject) });
      this.#run();
    });
  }

  #run(): void {
    if (this.#running) return;
    this.#running = true;
    // Writes that come at once are one group.
    queueMicrotask(() => void this.#runAll());
  }

  /** Writes that never cease to come keep nobody out: whoever asked before they did has the turn. */
  async #runAll(): Promise<void> {
    for (;;) {
      const [turn] = this.#turns;
      const { oldest } = this.#groups;
      if (oldest !== undefined && (turn === undefined || oldest <= turn.asked)) await this.#write();
      else if (turn === undefined) break;
      else {
        this.#turns.shift();
        await this.#groups.prepared();
        await turn.run();
      }
    }
    this.#running = false;
  }

  async #write(): Promise<void> {
    this.#sinceCheckpoint += await this.#groups.next();
    // It is a hint: the writes that it would speak of stand without it.
    if (this.#sinceCheckpoint >= commitsBetweenCheckpoints) await this.#saveCheckpoint().catch(() => {});
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
