import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { committer } from '../commit/message.ts';
import { changesOf, firstParents } from '../git/index.ts';
import type { LoggedChange } from '../git/index.ts';
import { pauses } from '../pauses.ts';
import { keysOf, keysOfFilter } from './history-keys.ts';
import { HistoryStore, isBusy, isDamaged, isUnwritable, removeStore } from './history-store.ts';
import type { LastCommit } from './history-store.ts';
import type { HistoryFilter } from './types.ts';

const fileName = 'cameleer-history.sqlite';
/** As long as a transaction stays open, another process that shares the file waits. */
const commitsInOneGo = 1_000;
/** After a write; commits that come together are added together. A look starts two processes, and a start holds up the writer. */
const delayMilliseconds = 2_000;
const waitMilliseconds = 20;

export interface HistoryIndexOptions {
  /** Whether a commit carries the platform's signature. */
  readonly isPlatforms: (commit: string) => Promise<boolean>;
  readonly now: () => Date;
}

/** Where new commits go: after this one, and before them those that are added again. */
interface Addition {
  readonly after: string | undefined;
  readonly again: readonly string[];
}

/**
 * Finds commits of `main` by what they changed, by whom and when, without walking the history. Derived from Git: the file may
 * be deleted at any time, is advanced by what is new, cut back to what is still there when `main` was rewritten, and made anew
 * when damaged. Every question names the head that it is about, and waits until the index knows it.
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
      this.#ask(head(), () => undefined).catch(onError);
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
    await this.#last;
    this.#store.close();
    if (this.#own !== undefined) rmSync(this.#own, { recursive: true, force: true });
  }

  async #ask<T>(head: string, question: (store: HistoryStore, position: number) => T): Promise<T> {
    let renewed = false;
    for (;;) {
      try {
        await this.#known(head);
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
      const turn = this.#last.then(() => (this.#store.positionOf(head) === undefined ? this.#advance(head) : undefined));
      this.#last = turn.catch(() => {});
      await turn;
    }
  }

  async #advance(head: string): Promise<void> {
    const fresh: string[] = [];
    let base: string | undefined;
    for await (const id of firstParents(this.#directory, head)) {
      if (this.#store.positionOf(id) !== undefined) {
        base = id;
        break;
      }
      fresh.push(id);
    }
    let next = await this.#cutBack(base, head);
    if (next === undefined) return;
    const missing = [...next.again, ...fresh.reverse()];
    for (let start = 0; start < missing.length; start += commitsInOneGo) {
      const added = await this.#append(missing.slice(start, start + commitsInOneGo), next.after);
      // Another process cut the file back meanwhile: the next look begins from what is there.
      if (!added) return;
      next = { after: missing[Math.min(start + commitsInOneGo, missing.length) - 1], again: [] };
    }
  }

  /**
   * Cuts the index back to where the new chain leaves it. The commits since the platform's last are added again: their times
   * may have been bounded by commits that are gone. `undefined`: there is nothing left to add.
   */
  #cutBack(base: string | undefined, head: string): Promise<Addition | undefined> {
    const store = this.#store;
    return this.#transaction(() => {
      // Another process was quicker.
      if (store.positionOf(head) !== undefined) return undefined;
      const keep = base === undefined ? -1 : (store.positionOf(base) ?? -1);
      if (store.last().position === keep) return { after: base, again: [] };
      const kept = store.last({ platform: true, upTo: keep });
      const again = store.idsBetween(kept.position, keep);
      store.truncate(kept.position);
      return { after: kept.id, again };
    });
  }

  /** Adds commits after one that must still be the last; false when it is not. */
  #append(commits: readonly string[], after: string | undefined): Promise<boolean> {
    return this.#transaction(async () => {
      const last = this.#store.last();
      if (last.id !== after) return false;
      await this.#addAll(commits, last.position + 1);
      return true;
    });
  }

  async #transaction<T>(work: () => T | Promise<T>): Promise<T> {
    await this.#begin();
    try {
      const result = await work();
      this.#store.commit();
      return result;
    } catch (error) {
      this.#store.rollback();
      throw error;
    }
  }

  async #begin(): Promise<void> {
    for (;;) {
      try {
        this.#store.begin();
        return;
      } catch (error) {
        if (!isBusy(error)) throw error;
        await sleep(waitMilliseconds);
      }
    }
  }

  async #addAll(commits: readonly string[], first: number): Promise<void> {
    const pause = pauses();
    let position = first;
    for await (const change of changesOf(this.#directory, commits)) {
      await this.#addCommit(change, position);
      for (const key of keysOf(change)) {
        this.#store.addKey(key, position);
        await pause();
      }
      position += 1;
    }
  }

  async #addCommit({ commit, seconds, committerEmail }: LoggedChange, position: number): Promise<void> {
    const store = this.#store;
    const last = store.last();
    // A signature costs more than all the rest: who says to be the platform has to show it when it makes a difference.
    const platform = committerEmail === committer.email && (seconds >= last.time || (await this.#options.isPlatforms(commit)));
    const bound = await this.#boundOf(seconds);
    const late = seconds < bound.time;
    const time = late ? (platform ? bound : last).time : seconds;
    if (platform || !late) store.clampTimes(bound.position, time);
    store.add({ position, id: commit, time, platform });
  }

  /** The last commit of the platform. What only says to be one is none as soon as a later commit says an earlier time. */
  async #boundOf(seconds: number): Promise<LastCommit> {
    for (;;) {
      const bound = this.#store.last({ platform: true });
      if (bound.id === undefined || seconds >= bound.time || (await this.#options.isPlatforms(bound.id))) return bound;
      this.#store.disown(bound.position);
    }
  }
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
