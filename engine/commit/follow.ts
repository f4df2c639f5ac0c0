import type { ChangedBy } from '../../schemas/index.ts';
import { GitError, logCommits, ObjectDraft, signerOf, ZERO_ID } from '../git/index.ts';
import type { ParsedCommit, Repository, StateKey } from '../git/index.ts';
import { advance } from '../state/advance.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { StateView } from '../state/state-view.ts';
import { mainReference, rewrittenPrefix } from './branches.ts';
import { commitCells } from './cell-commits.ts';
import type { RequestIndex } from './request-index.ts';

export interface FollowContext {
  readonly repository: Repository;
  readonly loader: TenantLoader;
  readonly key: StateKey;
  readonly now: () => Date;
  readonly requests?: RequestIndex;
  /** Nothing was looked at before: the head is taken as a first state, not as a change. */
  readonly fresh?: boolean;
}

/** What has piled up in a long step is written in packs of about this size. */
const pileBytes = 12 * 1024 * 1024;

/**
 * Takes over commits that are on `main` and that the view doesn't know: those of an operator's push or merge, or our own from
 * before a kill. One step for each commit along first parents, so that "the last good tree" is exact; one jump when history
 * was rewritten. What is wrong in them is quarantined. `step` is called after each. Answers whether anything moved.
 */
export async function follow(context: FollowContext, view: StateView, step: () => Promise<void>): Promise<boolean> {
  const head = await context.repository.reference(mainReference);
  if (head === undefined) throw new GitError('ref_failed', 'The state repository has no branch main. Restore it from the last backup or clone.');
  if (head === view.commit) return false;
  await context.repository.settle();
  const between = context.fresh === true ? undefined : await commitsBetween(context.repository, view.commit, head);
  if (between === undefined) await keepRewritten(context, view.commit);
  for (const id of between ?? [head]) {
    await followOne(context, view, await context.repository.objects.commit(id));
    await step();
  }
  if (between === undefined) await context.requests?.reload(context.repository.objects, head);
  return true;
}

/**
 * Keeps the commits that somebody took off `main` from `git gc`: they were answered for, and a tenant's last good tree may be
 * among them.
 */
async function keepRewritten({ repository, now }: FollowContext, commit: string): Promise<void> {
  if (commit === ZERO_ID) return;
  await repository.move({ name: `${rewrittenPrefix}${commit}`, before: undefined, after: commit }, now()).catch((error: unknown) => {
    // Kept before, or gone already.
    if (!(error instanceof GitError) || (error.code !== 'ref_moved' && error.code !== 'ref_failed')) throw error;
  });
}

/** Oldest first; `undefined` when the one doesn't descend from the other along first parents. */
async function commitsBetween(repository: Repository, from: string, head: string): Promise<string[] | undefined> {
  const between = await logCommits(repository.directory, { from: head, without: from, order: 'oldest' }).catch(() => []);
  const [oldest] = between;
  if (oldest === undefined) return undefined;
  return (await repository.objects.commit(oldest)).parents[0] === from ? between : undefined;
}

/**
 * Our own commits were judged when they were written, by their author's rights. The time is always the commit's: whoever
 * looks at it, and whenever, must come to the same cells.
 */
function circumstances(context: FollowContext, commit: ParsedCommit): { readonly by: ChangedBy | undefined; readonly now: Date } {
  const own = signerOf(commit)?.equals(context.key.publicBytes) === true;
  return { by: context.fresh === true ? undefined : own ? 'platform' : 'operator', now: new Date(commit.committer.seconds * 1000) };
}

async function followOne(context: FollowContext, view: StateView, commit: ParsedCommit): Promise<void> {
  const { repository, loader, key, requests } = context;
  const objects = new ObjectDraft(repository.objects);
  const relieve = async (draft: ObjectDraft) => {
    if (draft.bytes < pileBytes) return;
    await repository.objects.write(draft.objects());
    draft.clear();
  };
  const advanced = await advance(view, {
    root: commit.tree,
    commit: commit.id,
    ...circumstances(context, commit),
    wrong: 'quarantine',
    objects,
    loader,
    relieve,
  });
  commitCells(advanced.view, objects, commit, key);
  await repository.objects.write(objects.objects());
  view.absorb(advanced.view);
  requests?.addMessage(commit.id, commit.message);
}
