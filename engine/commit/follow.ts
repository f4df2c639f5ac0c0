import type { ChangedBy } from '../../schemas/index.ts';
import { commitsBetween, GitError, isUnreadable, momentOf, ObjectDraft, signerOf, writingPiles } from '../git/index.ts';
import type { ParsedCommit, Repository, StateKey } from '../git/index.ts';
import { advance } from '../state/advance.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { StateView } from '../state/state-view.ts';
import { cellReference, mainReference } from './branches.ts';
import { commitCells } from './cell-commits.ts';
import { MainUnreadable } from './main-unreadable.ts';
import type { RequestIndex } from './request-index.ts';
import type { RewrittenKeeper } from './rewritten-keeper.ts';

export interface FollowContext {
  readonly repository: Repository;
  readonly loader: TenantLoader;
  readonly key: StateKey;
  readonly now: () => Date;
  readonly requests?: RequestIndex;
  readonly rewritten: RewrittenKeeper;
  /** Nothing was looked at before: the head is taken as a first state, not as a change. */
  readonly fresh?: boolean;
}

/** So many commits are written and published together. */
const atOnce = 32;

/**
 * Takes over commits that are on `main` and that the view doesn't know: those of an operator's push or merge, or our own from
 * before a kill. One step for each commit along first parents, so that "the last good tree" is exact; one jump when history
 * was rewritten. What is wrong in them is quarantined; one that can not be read is passed over when another stands on it. `step`
 * is called after some of them, and at the end. Answers whether anything moved. Throws `MainUnreadable` when the last of them can
 * not be read; those before it are taken over.
 */
export async function follow(context: FollowContext, view: StateView, step: () => Promise<void>): Promise<boolean> {
  const head = await context.repository.reference(mainReference);
  if (head === undefined) throw new GitError('ref_failed', 'The state repository has no branch main. Restore it from the last backup or clone.');
  await context.rewritten.keep();
  if (head === view.commit) return false;
  await context.repository.settle();
  const between = context.fresh === true ? undefined : await commitsBetween(context.repository, view.commit, head);
  if (between === undefined) await context.rewritten.add(view.commit);
  const unreadable = await takeOver(context, view, between ?? [head], step);
  if (unreadable !== undefined) throw new MainUnreadable(head, view.commit, unreadable);
  if (between === undefined) await context.requests?.reload(context.repository.objects, head);
  return true;
}

/** Answers with why the last of the commits can not be read. */
async function takeOver(context: FollowContext, view: StateView, commits: readonly string[], step: () => Promise<void>): Promise<GitError | undefined> {
  let unreadable: GitError | undefined;
  for (let at = 0; at < commits.length; at += atOnce) {
    const objects = new ObjectDraft(context.repository.objects);
    const fork = view.fork();
    for (const id of commits.slice(at, at + atOnce)) unreadable = await followOne(context, fork, id, objects).then(() => undefined, unlessUnreadable);
    if (!(await isPublished(context, fork))) await context.repository.objects.write(objects.objects());
    // Not before: cells would be moved to what is not there.
    view.absorb(fork);
    await step();
  }
  return unreadable;
}

function unlessUnreadable(error: unknown): GitError {
  if (isUnreadable(error)) return error;
  throw error;
}

/**
 * Our own commits were judged when they were written, by their author's rights. The time is always the commit's: whoever
 * looks at it, and whenever, must come to the same cells.
 */
function circumstances(context: FollowContext, commit: ParsedCommit): { readonly by: ChangedBy | undefined; readonly now: Date } {
  const own = signerOf(commit)?.equals(context.key.publicBytes) === true;
  return { by: context.fresh === true ? undefined : own ? 'platform' : 'operator', now: momentOf(commit.committer.seconds) };
}

async function followOne(context: FollowContext, view: StateView, id: string, objects: ObjectDraft): Promise<void> {
  const { repository, loader, key, requests } = context;
  const commit = await repository.objects.commit(id);
  const advanced = await advance(view, {
    root: commit.tree,
    commit: commit.id,
    ...circumstances(context, commit),
    wrong: 'quarantine',
    objects,
    loader,
    relieve: writingPiles(repository.objects),
  });
  commitCells(advanced.view, objects, commit, key);
  view.absorb(advanced.view);
  requests?.addCommit(commit);
}

/** Whether another process has published all that was rendered here: then it has written it, too. */
async function isPublished({ repository }: FollowContext, view: StateView): Promise<boolean> {
  for (const [cell, { commit }] of view.cells.toMap()) {
    const there = await repository.reference(cellReference(cell));
    if (commit === undefined || there === undefined || (there !== commit && (await commitsBetween(repository, commit, there)) === undefined)) return false;
  }
  return true;
}
