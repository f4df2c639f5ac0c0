import { setTimeout } from 'node:timers/promises';
import type { BareRepository } from './bare-repository.ts';
import { relationOf } from './descent.ts';
import { GitError } from './git-error.ts';
import { ZERO_ID } from './object-id.ts';
import type { ObjectStore } from './object-store.ts';
import { listReferences } from './references.ts';
import { fetchedPrefix } from './remote/remote.ts';
import type { Push, PushResult, Remote } from './remote/remote.ts';
import { RemoteError } from './remote/remote-error.ts';
import type { Repository } from './repository.ts';
import type { ReferenceUpdate } from './update-ref.ts';

export interface HostedOptions {
  readonly deadlineMilliseconds: number;
  readonly now: () => Date;
  /** From 0 to 1, for the pauses between attempts. */
  readonly random: () => number;
  /** Told about failures that nobody waits for. */
  readonly onError: (error: unknown) => void;
}

const branches = 'refs/heads/';
const main = `${branches}main`;
const cells = `${branches}cells/`;
const firstPause = 200;
const longestPause = 5_000;
/** How long the remote is asked what became of a push. */
const askMilliseconds = 10_000;

/**
 * A mirror on this machine of a remote that is the truth. Branches move there first, by a push from the value that is given
 * and from no other, then here; what is known of them is kept in memory, so that a branch of the mirror that somebody moved
 * means nothing. All other refs are this machine's own. Calls must not overlap; the write loop is the only caller.
 */
export class HostedRepository implements Repository {
  readonly directory: string;
  readonly objects: ObjectStore;
  readonly #mirror: BareRepository;
  readonly #remote: Remote;
  readonly #options: HostedOptions;
  #known: Map<string, string>;
  /** The moment, of `performance.now()`, of which we know the remote's branches at least. */
  #knownAt = Number.NEGATIVE_INFINITY;
  /** A push may have landed, or may land yet. */
  #unsure = false;
  /** Commits of others on the platform's branches that were told of. */
  readonly #told = new Set<string>();
  /** The last attempt did not reach the remote. */
  #away = false;

  constructor(mirror: BareRepository, remote: Remote, { known, ...options }: HostedOptions & { readonly known: ReadonlyMap<string, string> }) {
    this.directory = mirror.directory;
    this.objects = mirror.objects;
    this.#mirror = mirror;
    this.#remote = remote;
    this.#options = options;
    this.#known = new Map(known);
  }

  async reference(name: string): Promise<string | undefined> {
    return name.startsWith(branches) ? this.#known.get(name) : this.#mirror.reference(name);
  }

  async references(prefix: string): Promise<ReadonlyMap<string, string>> {
    if (!prefix.startsWith(branches)) return this.#mirror.references(prefix);
    return new Map([...this.#known].filter(([name]) => name.startsWith(prefix)));
  }

  async move(update: ReferenceUpdate, now: Date): Promise<void> {
    if (!update.name.startsWith(branches)) return this.#mirror.move(update, now);
    if (this.#known.get(update.name) !== update.before) throw new GitError('ref_moved', `${update.name} was moved by somebody else.`);
    // Only main must go forward; a change request's branch is put in another's place, which takes two steps without force.
    if (await this.#isReplaced(update)) await this.#moveTo({ ...update, after: ZERO_ID });
    await this.#moveTo({ ...update, before: this.#known.get(update.name) });
  }

  async #isReplaced({ name, before, after }: ReferenceUpdate): Promise<boolean> {
    return name !== main && before !== undefined && after !== ZERO_ID && (await relationOf(this, after, before)) !== 'descends';
  }

  async #moveTo(update: ReferenceUpdate): Promise<void> {
    await this.#land(update);
    if (update.after === ZERO_ID) this.#known.delete(update.name);
    else this.#known.set(update.name, update.after);
    await this.#bringMirror([update.name]);
  }

  async publish(updates: readonly ReferenceUpdate[]): Promise<ReadonlySet<string>> {
    // Whoever waits for a write should not wait for this as well; the next look at the remote tries it again.
    if (this.#away) return new Set();
    const forward: ReferenceUpdate[] = [];
    for (const update of updates) if (await this.#isForward(update)) forward.push(update);
    if (forward.length === 0) return new Set();
    const results = await this.#remote.push(forward, { leased: false, wholeMilliseconds: this.#options.deadlineMilliseconds });
    const moved = forward.filter(({ name }) => results.get(name)?.kind === 'moved');
    for (const { name, after } of moved) this.#known.set(name, after);
    await this.#bringMirror(moved.map(({ name }) => name));
    if (moved.length < forward.length) await this.#lookAfter(results);
    return new Set(moved.map(({ name }) => name));
  }

  /** What is not the platform's on a branch of its own can't be pushed away without force, so a person has to know. */
  async #isForward({ name, before, after }: ReferenceUpdate): Promise<boolean> {
    if (before === undefined || (await relationOf(this, after, before)) === 'descends') return true;
    if (!this.#told.has(before)) this.#options.onError(new RemoteError('branch_foreign', `${name} at the Git host holds ${before}, which the platform has not made. Delete the branch there, and keep others from pushing to it; it is made again.`));
    this.#told.add(before);
    return false;
  }

  /** A branch that others have moved further is as it should be; what the remote declines, a person has to know. */
  async #lookAfter(results: ReadonlyMap<string, PushResult>): Promise<void> {
    const errors = [...results.values()].flatMap((result) => (result.kind === 'moved' ? [] : [result.error]));
    const others = errors.filter(({ code }) => code !== 'ref_moved');
    for (const error of others) this.#options.onError(error);
    if (others.some(({ code }) => code === 'remote_unavailable')) this.#away = true;
    if (others.length < errors.length) await this.#look(askMilliseconds).catch(this.#options.onError);
  }

  async refresh(since: number): Promise<void> {
    if (!this.#unsure && this.#knownAt >= since) return;
    await this.#look();
    this.#unsure = false;
  }

  /** The remote keeps what it has; the mirror can be made again. */
  settle(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return this.#mirror.close();
  }

  /** Fetches, and knows from then on what the remote has. Throws `RemoteError`. */
  async #look(wholeMilliseconds?: number): Promise<void> {
    const began = performance.now();
    await this.#remote.fetch(wholeMilliseconds).catch((error: unknown) => {
      this.#away = true;
      throw error;
    });
    this.#away = false;
    this.#known = await fetchedBranches(this.directory);
    this.#knownAt = began;
    await this.#bringMirror([...this.#known.keys()].filter((name) => name === main || name.startsWith(cells)));
  }

  /**
   * Pushes until the ref has moved. What the remote may have done is asked of it; the same commit is pushed again, which
   * changes nothing when it is there. Throws `ref_moved`, `outcome_unknown`, or what the remote says.
   */
  async #land(push: Push): Promise<void> {
    const began = performance.now();
    const giveUpAt = began + this.#options.deadlineMilliseconds;
    let unsure = false;
    for (let attempt = 0; ; attempt += 1) {
      const result = await this.#attempt(push, giveUpAt);
      if (result.kind === 'moved') {
        this.#knownAt = Math.max(this.#knownAt, began);
        this.#away = false;
        return;
      }
      unsure ||= result.kind === 'unknown';
      if (await this.#hasLanded(push, result, unsure)) return;
      const pause = pauseBefore(attempt, result.error, this.#options.random);
      if (performance.now() + pause > giveUpAt) throw this.#giveUp(result.error, unsure);
      await setTimeout(pause);
    }
  }

  async #attempt(push: Push, giveUpAt: number): Promise<PushResult> {
    const wholeMilliseconds = Math.max(1_000, giveUpAt - performance.now());
    const result = (await this.#remote.push([push], { leased: true, wholeMilliseconds })).get(push.name);
    return result ?? { kind: 'unknown', error: new RemoteError('remote_unavailable', 'git said nothing about the branch.') };
  }

  /** Asks the remote where that makes sense. Throws when the push can not land any more, with the reason. */
  async #hasLanded(push: Push, { kind, error }: Extract<PushResult, { error: unknown }>, unsure: boolean): Promise<boolean> {
    const passing = error.code === 'remote_unavailable';
    if (kind === 'refused' && !unsure && error.code !== 'ref_moved') {
      if (!passing) throw error;
      this.#away = true;
      return false;
    }
    const there = await this.#look(askMilliseconds).then(() => this.#known.get(push.name), () => push.before);
    if (await this.#isDone(push, there)) return true;
    if (there !== push.before) throw new GitError('ref_moved', `${push.name} was moved by somebody else.`);
    // A push that the remote is still at work on can't be taken back, so only what passes is waited for.
    if (!passing && error.code !== 'ref_moved' && !unsure) throw error;
    return false;
  }

  async #isDone({ after }: Push, there: string | undefined): Promise<boolean> {
    return there === undefined ? after === ZERO_ID : (await relationOf(this, there, after)) === 'descends';
  }

  #giveUp(cause: RemoteError, unsure: boolean): RemoteError {
    const { retryAfterSeconds } = cause;
    if (!unsure) return new RemoteError('remote_unavailable', 'The Git host that holds the state can not take the change now; nothing was changed. Try again in a moment.', { cause, retryAfterSeconds });
    this.#unsure = true;
    return new RemoteError('outcome_unknown', 'The connection to the Git host that holds the state ended while the change was being stored, and it can not be asked whether it was. Repeat the request with the same Idempotency-Key: it is done once, whichever it was.', { cause, retryAfterSeconds });
  }

  /** Best effort: what the mirror's branches say is read at a start only, when the remote can't be asked. */
  async #bringMirror(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const after = this.#known.get(name) ?? ZERO_ID;
      const before = await this.#mirror.reference(name);
      if (after === (before ?? ZERO_ID)) continue;
      await this.#mirror.move({ name, before, after, derived: true }, this.#options.now()).catch(this.#options.onError);
    }
  }
}

/** Exponential, with full jitter, but never earlier than the remote has asked for. */
function pauseBefore(attempt: number, { retryAfterSeconds }: RemoteError, random: () => number): number {
  const most = Math.min(longestPause, firstPause * 2 ** attempt);
  return (retryAfterSeconds ?? 0) * 1000 + (most / 2) * (1 + random());
}

/** Throws `remote_missing` when there is no branch `main`. */
async function fetchedBranches(directory: string): Promise<Map<string, string>> {
  const fetched = await listReferences(directory, fetchedPrefix);
  const known = new Map([...fetched].map(([name, id]) => [`${branches}${name.slice(fetchedPrefix.length)}`, id]));
  if (!known.has(main)) throw new RemoteError('remote_missing', 'The state repository at the Git host has no branch main. Restore it from a clone, or check the address.');
  return known;
}
