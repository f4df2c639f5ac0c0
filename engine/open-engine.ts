import type { Authorize } from './change.ts';
import { explainQuarantines } from './commit/explain-quarantines.ts';
import { follow } from './commit/follow.ts';
import { forgetRewritten } from './commit/forget-rewritten.ts';
import { renderAgain } from './commit/render-again.ts';
import { MainUnreadable } from './commit/main-unreadable.ts';
import { RequestIndex } from './commit/request-index.ts';
import { RewrittenKeeper } from './commit/rewritten-keeper.ts';
import { startView } from './commit/start-view.ts';
import { StateWriter } from './commit/state-writer.ts';
import type { WriterContext } from './commit/state-writer.ts';
import { openHosted, openRepository, publicBytesOf, readStateKey, removeLeftQuarantines, watchReferences, writingPiles } from './git/index.ts';
import type { RemoteOptions, Repository } from './git/index.ts';
import { GitEngine } from './git-engine.ts';
import { HistoryIndex } from './history/history-index.ts';
import { HistoryThread } from './history/history-thread.ts';
import { signatureOf } from './history/signatures.ts';
import { makeLooker } from './look-soon.ts';
import { Publications } from './publish/publications.ts';
import { PlanCrew } from './plan/plan-crew.ts';
import { TenantLoader } from './state/read-state.ts';
import { tend } from './tend.ts';
import type { Engine } from './types.ts';

export interface EngineOptions {
  /** A bare repository with a branch `main`; `initRepository` makes one. */
  readonly directory: string;
  /** Private Ed25519 key that signs commits: OpenSSH or PKCS #8 text, or a 32-byte seed. */
  readonly signingKey: string | Uint8Array;
  readonly authorize: Authorize;
  readonly now: () => Date;
  /** Keys besides the signing key and those of platform.yaml whose commits count as the platform's (`ssh-ed25519 …`). */
  readonly trustedKeys?: readonly string[];
  /** Folder for the publications of cells and tenants; default: nothing is published. */
  readonly publications?: string;
  /** A Git host that holds the truth; `directory` then is its mirror, which is made when missing. Default: `directory` is the truth. */
  readonly remote?: RemoteOptions;
  /** How often the refs are compared, events or not; default 5 s, with a remote 30 s. */
  readonly pollMilliseconds?: number;
  /** So many writes may wait; whoever comes then is refused with `overloaded`. Default 1,000. */
  readonly queueLimit?: number;
  /** From 0 to 1, for the pauses between attempts to reach a remote. */
  readonly random?: () => number;
  /** Told about failures of work that nobody waits for. */
  readonly onError?: (error: unknown) => void;
}

const defaultPoll = 5_000;
const defaultRemotePoll = 30_000;
/**
 * Opens the state repository, which other processes may have open as well, and answers when everything on `main` is checked
 * and rendered. Throws `GitError`: `git_failed`, `key_invalid`, and with a remote its codes.
 */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const key = readStateKey(options.signingKey);
  const repository = await openAny(options);
  try {
    const { objects, directory } = repository;
    await removeLeftQuarantines(directory, options.now());
    const signers = [key.publicBytes, ...(options.trustedKeys ?? []).flatMap((line) => publicBytesOf(line) ?? [])];
    const { view, published, fresh, outdated } = await startView(repository, signers);
    const loader = new TenantLoader(objects);
    const trusted = () => [key.publicLine, ...(options.trustedKeys ?? []), ...(view.platform.state.platform?.object.spec.trust.state ?? [])];
    const requests = new RequestIndex(directory, trusted);
    if (!fresh) await requests.reload(objects, view.commit);
    const listeners = new Set<() => void>();
    // `main` has moved already: whoever is told of it can not take that back.
    const moved = () => {
      for (const listener of listeners) {
        try {
          listener();
        } catch (error) {
          options.onError?.(error);
        }
      }
    };
    const context: WriterContext = { repository, directory, loader, crew: new PlanCrew(directory), key, signers, requests, rewritten: new RewrittenKeeper(repository, options.now), published, moved, relieve: writingPiles(objects), authorize: options.authorize, now: options.now, ...onlyGiven(options) };
    await explainQuarantines(view, objects, loader, options.now());
    // Of a repository that nothing was read of before, nothing would be in force.
    await follow({ ...context, fresh }, view, () => Promise.resolve()).catch((error: unknown) => {
      if (fresh || !(error instanceof MainUnreadable)) throw error;
    });
    if (outdated) await renderAgain(context, view);
    const writer = new StateWriter(context, view);
    await writer.start();
    await writer.saveCheckpoint();
    const index = new HistoryIndex(directory, { isPlatforms: async (id) => signatureOf(await objects.commit(id), trusted()) === 'platform', now: options.now, thread: new HistoryThread(directory, trusted) });
    const indexed = () => index.follow(() => writer.view.commit, (error) => options.onError?.(error));
    listeners.add(indexed);
    indexed();
    const looker = makeLooker(() => writer.catchUp(), (error) => options.onError?.(error));
    const look = () => {
      writer.catchUp().catch((error: unknown) => options.onError?.(error));
    };
    const publications = options.publications === undefined ? undefined : new Publications({
      folder: options.publications, directory, objects, key, head: () => writer.head(), cells: () => new Set(writer.view.platform.state.cells.keys()), now: options.now, onError: (error) => options.onError?.(error),
    });
    await publications?.start();
    if (publications !== undefined) listeners.add(() => publications.moved());
    const watcher = options.remote === undefined ? watchReferences(directory, look, options.pollMilliseconds ?? defaultPoll) : every(options.pollMilliseconds ?? defaultRemotePoll, () => looker.lookSoon());
    const tender = tend(directory, { now: options.now, beforeCollecting: async () => void (await forgetRewritten(repository, options.now())), onError: (error) => options.onError?.(error) });
    listeners.add(() => tender.moved());
    const close = async () => {
      const tended = tender.close();
      watcher.close();
      await looker.close();
      await tended;
      await publications?.close();
      await context.crew.close();
      if (options.remote === undefined) await writer.catchUp().catch((error: unknown) => options.onError?.(error));
      await writer.saveCheckpoint();
      await writer.refusals.answered();
      await index.close();
      await repository.close();
    };
    return new GitEngine({ writer, context, listeners, index, trusted, publications, looker, close });
  } catch (error) {
    await repository.close();
    throw error;
  }
}

async function openAny({ directory, remote, now, random = Math.random, onError = () => {} }: EngineOptions): Promise<Repository> {
  return remote === undefined ? openRepository(directory, now()) : openHosted({ directory, remote, now, random, onError });
}

function onlyGiven({ onError, queueLimit }: EngineOptions): Pick<EngineOptions, 'onError' | 'queueLimit'> {
  return { ...(onError === undefined ? {} : { onError }), ...(queueLimit === undefined ? {} : { queueLimit }) };
}

function every(milliseconds: number, work: () => void): { close(): void } {
  const timer = setInterval(work, milliseconds);
  timer.unref();
  return { close: () => clearInterval(timer) };
}
