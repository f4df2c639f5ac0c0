import type { Change } from '../change.ts';
import type { SourceCommit } from '../commit/cell-commits.ts';
import { signedCommit } from '../commit/main-commit.ts';
import type { CommitSource } from '../commit/main-commit.ts';
import { formatMessage, messageOf } from '../commit/message.ts';
import type { ObjectReader } from '../git/index.ts';
import { joinAction } from './read-proposal.ts';
import type { Proposal } from './types.ts';

export interface Revision {
  readonly change: Change;
  /** Root tree of the whole result. */
  readonly root: string;
}

/** Whether the request asks for this on this head already, in these words. */
export async function saysAlready(objects: ObjectReader, { commit, base, change: old }: Proposal, { change, root, head }: Revision & { readonly head: string }): Promise<boolean> {
  if (base !== head || (await objects.commit(commit)).tree !== root) return false;
  const words = ({ subject, body = '' }: Change) => formatMessage(subject, body, []);
  return words(old) === words(change);
}

/**
 * Makes the commits of a request's next revision on top of the last one, so that its branch only goes forward and a Git host
 * keeps the pull request: the old change is taken back, the head of `main` joined, the new change made. Whether the host then
 * merges them, squashes them or puts them on `main` one by one, the result is the new change and nothing of the old.
 */
export async function nextRevision(source: CommitSource, old: Proposal, { change, root }: Revision): Promise<SourceCommit> {
  const { objects, view } = source;
  const { actor } = change;
  const back = signedCommit(source, { tree: (await objects.commit(old.base)).tree, parents: [old.commit], actor, message: formatMessage('Take back the last revision of this change request', '', []) });
  const joined = signedCommit(source, { tree: view.root, parents: [back.id, view.commit], actor, message: formatMessage('Go on from main', '', [`Cameleer-Action: ${joinAction}`]) });
  return signedCommit(source, { tree: root, parents: [joined.id], actor, message: messageOf(change) });
}
