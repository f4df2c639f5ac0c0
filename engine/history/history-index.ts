import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../engine-error.ts';
import { HistoryBuilder, TooManyPaths } from './history-builder.ts';
import { keyOfRequest, keysOfFilter } from './history-keys.ts';
import { HistoryStore, isDamaged, isUnwritable, removeStore } from './history-store.ts';
import type { HistoryThread } from './history-thread.ts';
import type { HistoryFilter } from './types.ts';

const fileName = 'cameleer-history.sqlite';
/** So much is added in the thread that answers requests: what people write between two looks, not what programs do. */
const mostHere = { commits: 32, paths: 2_000 };
/** So long a question waits. A write is indexed sooner; making the index of a large repository takes longer. */
const defaultPatience = 5_000;
const retryAfterSeconds = 5;
/** One request leads to few commits, unless somebody forges them. */
const mostClaims = 100;
/** After a write; commits that come together are added together. A look starts processes, which hold up the writer, and who asks meanwhile makes it happen at once. */
const delayMilliseconds = 10_000;

export interface HistoryIndexOptions {
  /** Whether a commit carries the platform's signature. */
  readonly isPlatforms: (commit: string) => Promise<boolean>;
  readonly now: () => Date;
  /** Adds many commits; default: this thread does. */
  readonly thread?: HistoryThread;
  readonly patienceMilliseconds?: number;
}

/**
 * Finds commits of `main` by what they changed, by whom and when, without walking the history. Derived from Git: the file may
 * be deleted at any time, is advanced by what is new, cut back to what is still there when `main` was rewritten, and made anew
 * when damaged. Every question names the head that it is about, and waits until the index knows it; for so long, then it throws
 * `index_building`, while the index goes on.
 *
 * Times are derived from Git alone, and the later commits of `main` say what the earlier ones are worth. Commits that the
 * platform signed count as made when they say, but not before the platform's commit before them. A commit made elsewhere says
 * what somebody's clock says: it counts as made between the platform's commits around it, and not after any commit that came
 * after it says. One that is dated before the platform's commit before it says nothing, and counts as made with the commit
 * before it. What follows nothing yet and is dated in the future counts as made now.
 */
export class HistoryIndex {
  readonly #directory: string;
  readonly #options: HistoryIndexOptions;
  #path: string;
  /** Folder of this process alone, when the repository's can not be used. */
  #own: string | undefined;
  #store: HistoryStore;
  #last: Promise<void> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #closed = false;
  /** The other thread has failed. */
  #alone = false;

  /** A repository that can not be written to gets a file of this process alone. */
  constructor(directory: string, options: HistoryIndexOptions) {
    this.#directory = directory;
    this.#options = options;
    this.#path = join(directory, fileName);
    this.#store = open(this.#path) ?? this.#elsewhere();
  }

  #elsewhere(): HistoryStore {
    this.#own = mkdtempSync(join(tmpdir(), 'cameleer-history-'));
    this.#path = join(this.#own, fileName);
    return new HistoryStore(this.#path);
  }

  /** Adds, some time later, what is new; for who knows that `main` has moved. */
  follow(head: () => string, onError: (error: unknown) => void): void {
    if (this.#closed) return;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#ask(head(), () => undefined, Number.POSITIVE_INFINITY).catch((error: unknown) => {
        if (!this.#closed) onError(error);
      });
    }, delayMilliseconds).unref();
  }

  /** Ids, newest first. `before`: only those before this position. */
  async find(head: string, filter: HistoryFilter, { limit, before }: { readonly limit: number; readonly before?: number | undefined }): Promise<string[]> {
    return this.#ask(head, (store, position) => {
      const lastBefore = (time: Date) => this.#lastUntil(store, position, secondsBefore(time)) ?? -1;
      const most = Math.min(position, (before ?? position + 1) - 1, filter.to === undefined ? position : lastBefore(filter.to));
      const least = filter.from === undefined ? 0 : lastBefore(filter.from) + 1;
      return store.find(keysOfFilter(filter), least, most, limit).map((each) => store.idAt(each) ?? '');
    });
  }

  /**
   * Commits that say that a request led to them, newest first, of those that the index has by now: `upTo` is the last of all. Waits
   * for nothing; an index that can't be read has none.
   */
  claims(requestId: string): { readonly commits: readonly string[]; readonly upTo: string | undefined } {
    const store = this.#store;
    try {
      return store.snapshot(() => {
        const newest = store.newest();
        const found = newest === undefined ? [] : store.find([keyOfRequest(requestId)], 0, newest.position, mostClaims);
        return { commits: found.flatMap((each) => store.idAt(each) ?? []), upTo: newest?.id };
      });
    } catch {
      return { commits: [], upTo: undefined };
    }
  }

  /** How many commits stand before it on `main`; `undefined` when it does not stand there along first parents. */
  positionOf(head: string, commit: string): Promise<number | undefined> {
    return this.#ask(head, (store, position) => {
      const found = store.positionOf(commit);
      return found === undefined || found > position ? undefined : found;
    });
  }

  /** The commit that was the head at a time, which counts whole seconds; `undefined` before the first. */
  at(head: string, time: Date): Promise<{ readonly commit: string; readonly seconds: number } | undefined> {
    return this.#ask(head, (store, position) => {
      const found = this.#lastUntil(store, position, Math.floor(time.getTime() / 1000));
      return found === undefined ? undefined : { commit: store.idAt(found) ?? '', seconds: this.#secondsAt(store, found) };
    });
  }

  /** When the commit at a position counts as made. */
  secondsAt(head: string, position: number): Promise<number> {
    return this.#ask(head, (store) => this.#secondsAt(store, position));
  }

  #secondsAt(store: HistoryStore, position: number): number {
    return Math.min(store.timeAt(position) ?? 0, this.#nowSeconds());
  }

  /** The last position up to the head's that counts as made at the time or before. */
  #lastUntil(store: HistoryStore, head: number, seconds: number): number | undefined {
    if (seconds >= this.#nowSeconds()) return head;
    const found = store.lastUntil(seconds);
    return found === undefined ? undefined : Math.min(found, head);
  }

  #nowSeconds(): number {
    return Math.floor(this.#options.now().getTime() / 1000);
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#options.thread?.close();
    await this.#last;
    this.#store.close();
    if (this.#own !== undefined) rmSync(this.#own, { recursive: true, force: true });
  }

  async #ask<T>(head: string, question: (store: HistoryStore, position: number) => T, patience = this.#options.patienceMilliseconds ?? defaultPatience): Promise<T> {
    let renewed = false;
    for (;;) {
      try {
        await inTime(this.#known(head), patience);
        const store = this.#store;
        const answer = store.snapshot(() => {
          const position = store.positionOf(head);
          return position === undefined ? undefined : { is: question(store, position) };
        });
        // Cut back again in between: `main` is being rewritten.
        if (answer !== undefined) return answer.is;
      } catch (error) {
        if (renewed || !this.#renew(error)) throw error;
        renewed = true;
      }
    }
  }

  /** Whether it begins again, with a new file: in the place of a damaged one, or elsewhere when nothing can be written there. */
  #renew(error: unknown): boolean {
    if (isDamaged(error)) {
      this.#store.discard();
      this.#store = new HistoryStore(this.#path);
      return true;
    }
    if (!isUnwritable(error) || this.#own !== undefined) return false;
    this.#store.close();
    this.#store = this.#elsewhere();
    return true;
  }

  /** Resolves when the head is there. */
  async #known(head: string): Promise<void> {
    while (this.#store.positionOf(head) === undefined) {
      if (this.#closed) throw new EngineError('closed', 'The engine has been closed.');
      const turn = this.#last.then(() => (this.#store.positionOf(head) === undefined ? this.#advance(head) : undefined));
      this.#last = turn.catch(() => {});
      await turn;
    }
  }

  async #advance(head: string): Promise<void> {
    const { isPlatforms, thread } = this.#options;
    const source = { directory: this.#directory, store: this.#store, isPlatforms };
    if (thread === undefined || this.#alone) {
      const builder = new HistoryBuilder({ ...source, mostPaths: Number.POSITIVE_INFINITY });
      return builder.add(head, await builder.missing(head));
    }
    const builder = new HistoryBuilder({ ...source, mostPaths: mostHere.paths });
    const missing = await builder.missing(head, mostHere.commits);
    if (missing !== undefined && (await isAdded(builder.add(head, missing)))) return;
    // What can't be made there says why when it is tried here.
    await thread.build(this.#path, head).catch(() => {
      this.#alone = true;
    });
  }
}

/** False when a commit among them is too large to be added here. */
function isAdded(work: Promise<void>): Promise<boolean> {
  return work.then(
    () => true,
    (error: unknown) => {
      if (error instanceof TooManyPaths) return false;
      throw error;
    },
  );
}

/** Throws `index_building` when the work takes longer. It goes on. */
async function inTime(work: Promise<void>, milliseconds: number): Promise<void> {
  if (milliseconds === Number.POSITIVE_INFINITY) return work;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new EngineError('index_building', 'The index of the history is being made, which takes a minute for a large repository. Everything else works meanwhile. Ask again in a moment.', { retryAfterSeconds }));
  }, milliseconds);
  work.catch(() => {});
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** The last whole second before a time: seconds are all that commits know. */
function secondsBefore(time: Date): number {
  return Math.ceil(time.getTime() / 1000) - 1;
}

/** `undefined` when no file can be had there. */
function open(path: string): HistoryStore | undefined {
  try {
    return openOrRenew(path);
  } catch {
    return undefined;
  }
}

function openOrRenew(path: string): HistoryStore {
  try {
    return new HistoryStore(path);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    removeStore(path);
    return new HistoryStore(path);
  }
}
