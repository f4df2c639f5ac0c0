import { ZERO_ID } from '../object-id.ts';
import { removeStaleLocks } from '../stale-locks.ts';
import { failureOf, lockOf, refusalOf } from './failure.ts';
import { leasesOf, writeLeaseHook } from './lease-hook.ts';
import { defaultStall, remoteEnvironment } from './remote-environment.ts';
import { RemoteError } from './remote-error.ts';
import type { RemoteOptions } from './remote-options.ts';
import { checkRemote } from './remote-options.ts';
import { runRemoteGit } from './run-remote-git.ts';
import type { RemoteRun } from './run-remote-git.ts';

/** Where fetched branches stand: outside refs/heads, so nothing takes them for ours. */
export const fetchedPrefix = 'refs/cameleer/remote/';

export interface Push {
  /** `refs/heads/…` */
  readonly name: string;
  readonly before: string | undefined;
  /** Forty zeros: there is to be no such branch. */
  readonly after: string;
}

/**
 * What became of one ref of a push. `refused`: it is as it was. `ended`: the remote answered with an error, so that it has
 * moved or not, and will not move any more. `unknown`: it may have moved, or may move yet, because the connection ended after
 * the remote was asked to.
 */
export type PushResult = { readonly kind: 'moved' } | { readonly kind: 'refused' | 'ended' | 'unknown'; readonly error: RemoteError };

/** A clone of many years may take that long; nothing else does. */
const longestFetch = 30 * 60 * 1000;

/** The remote that holds the truth, reached by git itself. Nothing is ever forced. */
export class Remote {
  readonly #directory: string;
  readonly #options: RemoteOptions;
  readonly #hooks: string;
  readonly #now: () => Date;

  private constructor(directory: string, options: RemoteOptions, { hooks, now }: { readonly hooks: string; readonly now: () => Date }) {
    this.#directory = directory;
    this.#options = options;
    this.#hooks = hooks;
    this.#now = now;
  }

  /** Throws `remote_invalid` and `git_failed`. */
  static async open(directory: string, options: RemoteOptions, now: () => Date): Promise<Remote> {
    checkRemote(options);
    return new Remote(directory, options, { hooks: await writeLeaseHook(directory), now });
  }

  /**
   * Brings all branches of the remote to `refs/cameleer/remote/`. A lock that a killed git left here is removed when it is old
   * enough. Throws `RemoteError`, also `ref_locked`.
   */
  async fetch(wholeMilliseconds = longestFetch): Promise<void> {
    const run = await this.#fetch(wholeMilliseconds);
    if (run.status === 0) return;
    if (lockOf(run) === undefined) throw failureOf(run);
    await removeStaleLocks(this.#directory, this.#now());
    const again = await this.#fetch(wholeMilliseconds);
    if (again.status !== 0) throw lockOf(again) ?? failureOf(again);
  }

  #fetch(wholeMilliseconds: number): Promise<RemoteRun> {
    return this.#run(['fetch', '--progress', '--prune', '--no-tags', '--no-write-fetch-head', this.#options.url, `+refs/heads/*:${fetchedPrefix}*`], { wholeMilliseconds });
  }

  /** Moves branches forward, each by itself. `leased`: only from exactly the value that is given. */
  async push(pushes: readonly Push[], { leased, wholeMilliseconds }: { readonly leased: boolean; readonly wholeMilliseconds: number }): Promise<ReadonlyMap<string, PushResult>> {
    const leases = leased ? leasesOf(pushes.map(({ name, before = ZERO_ID }) => ({ name, before }))) : '';
    const refspecs = pushes.map(({ name, after }) => (after === ZERO_ID ? `:${name}` : `${after}:${name}`));
    const run = await this.#run(['push', '--porcelain', '--progress', this.#options.url, ...refspecs], { wholeMilliseconds, more: { CAMELEER_LEASES: leases } });
    const said = new Map([...run.output.matchAll(/^(.)\t[^\t\n:]*:(\S+)\t(.*)$/gm)].map(([, flag = '', name = '', summary = '']) => [name, { flag, summary }]));
    return new Map(pushes.map(({ name }) => [name, resultOf(said.get(name), run)]));
  }

  async #run(args: readonly string[], { wholeMilliseconds, more }: { readonly wholeMilliseconds: number; readonly more?: Readonly<Record<string, string>> }): Promise<RemoteRun> {
    const environment = { ...(await remoteEnvironment(this.#options, this.#hooks)), ...more };
    return runRemoteGit(this.#directory, args, { environment, stallMilliseconds: this.#options.stallMilliseconds ?? defaultStall, wholeMilliseconds, now: this.#now });
  }
}

/** `! [remote rejected] (pre-receive hook declined)`, `= [up to date]`, `* [new branch]`, or nothing when git did not get so far. */
function resultOf(said: { readonly flag: string; readonly summary: string } | undefined, run: RemoteRun): PushResult {
  if (said !== undefined && said.flag !== '!') return { kind: 'moved' };
  const unreported = said === undefined || said.summary.startsWith('[remote failure]');
  if (!unreported) return { kind: 'refused', error: refusalOf(/\((.*)\)$/.exec(said.summary)?.[1] ?? said.summary, run) };
  if (run.lease === 'lost') return { kind: 'refused', error: new RemoteError('ref_moved', 'Somebody else has moved the branch.') };
  // git got past the hook, so the remote may have been asked; an answer that says no to the whole request is one, too.
  return unreportedOf(run);
}

function unreportedOf(run: RemoteRun): PushResult {
  const error = failureOf(run);
  if (run.lease !== 'held' || error.code !== 'remote_unavailable') return { kind: 'refused', error };
  return { kind: ending.has(run.httpStatus ?? 0) && run.status !== undefined ? 'ended' : 'unknown', error };
}

/** Statuses that come of the host itself; those of a gateway (502, 504) say nothing of what goes on behind it. */
const ending = new Set([429, 500, 503, 507]);
