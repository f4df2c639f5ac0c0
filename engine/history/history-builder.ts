import { setTimeout as sleep } from 'node:timers/promises';
import { committer } from '../commit/message.ts';
import { changesOf, firstParents, GitError } from '../git/index.ts';
import type { LoggedChange } from '../git/index.ts';
import { pauses } from '../pauses.ts';
import { keysOf } from './history-keys.ts';
import { isBusy } from './history-store.ts';
import type { HistoryStore, LastCommit } from './history-store.ts';

/** As long as a transaction stays open, another process that shares the file waits. */
const commitsInOneGo = 1_000;
const waitMilliseconds = 20;

export interface HistorySource {
  readonly directory: string;
  readonly store: HistoryStore;
  /** Whether a commit carries the platform's signature. */
  readonly isPlatforms: (commit: string) => Promise<boolean>;
  /** A commit that changed more paths is not added: `TooManyPaths` is thrown. */
  readonly mostPaths: number;
}

export class TooManyPaths extends Error {
  override readonly name = 'TooManyPaths';
}

/** What leads to a head: the last commit that is in the index, and those after it, newest first. */
export interface Missing {
  readonly base: string | undefined;
  readonly fresh: readonly string[];
}

/** Where new commits go: after this one, and before them those that are added again. */
interface Addition {
  readonly after: string | undefined;
  readonly again: readonly string[];
}

/** Adds commits to the index of the history. How their times come about: see `HistoryIndex`. */
export class HistoryBuilder {
  readonly #directory: string;
  readonly #store: HistoryStore;
  readonly #isPlatforms: HistorySource['isPlatforms'];
  readonly #mostPaths: number;

  constructor({ directory, store, isPlatforms, mostPaths }: HistorySource) {
    this.#directory = directory;
    this.#store = store;
    this.#isPlatforms = isPlatforms;
    this.#mostPaths = mostPaths;
  }

  /** `undefined`: more than so many are missing. */
  async missing(head: string): Promise<Missing>;
  async missing(head: string, most: number): Promise<Missing | undefined>;
  async missing(head: string, most = Number.POSITIVE_INFINITY): Promise<Missing | undefined> {
    const fresh: string[] = [];
    for await (const id of firstParents(this.#directory, head)) {
      if (this.#store.positionOf(id) !== undefined) return { base: id, fresh };
      if (fresh.length === most) return undefined;
      fresh.push(id);
    }
    return { base: undefined, fresh };
  }

  /** Adds what is missing. When others write to the file meanwhile, it may end before all is there. */
  async add(head: string, { base, fresh }: Missing): Promise<void> {
    let next = await this.#cutBack(base, head);
    if (next === undefined) return;
    const missing = [...next.again, ...fresh.toReversed()];
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
      if (change.paths.length > this.#mostPaths) throw new TooManyPaths(`${change.commit} changes ${change.paths.length} paths.`);
      await this.#addCommit(change, position);
      for (const key of keysOf(change)) {
        this.#store.addKey(key, position);
        await pause();
      }
      position += 1;
    }
    // Of what is no commit to it git says nothing, and whoever waits for it would wait for ever.
    if (position < first + commits.length) throw new GitError('git_failed', `git does not read all of the commits ${commits[0] ?? ''} … ${commits.at(-1) ?? ''}. Run git fsck on the state repository.`);
  }

  async #addCommit({ commit, seconds, committerEmail }: LoggedChange, position: number): Promise<void> {
    const store = this.#store;
    const last = store.last();
    // A signature costs more than all the rest: who says to be the platform has to show it when it makes a difference.
    const platform = committerEmail === committer.email && (seconds >= last.time || (await this.#isPlatforms(commit)));
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
      if (bound.id === undefined || seconds >= bound.time || (await this.#isPlatforms(bound.id))) return bound;
      this.#store.disown(bound.position);
    }
  }
}
