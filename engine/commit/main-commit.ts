import type { Change } from '../change.ts';
import { encodeCommit, signSsh } from '../git/index.ts';
import type { ObjectDraft } from '../git/index.ts';
import type { StateView } from '../state/state-view.ts';
import type { SourceCommit } from './cell-commits.ts';
import { authorOf, committer, messageOf } from './message.ts';
import type { PrepareContext } from './prepare.ts';

export interface CommitSource {
  readonly context: PrepareContext;
  readonly view: StateView;
  readonly objects: ObjectDraft;
  readonly now: Date;
}

/** Makes the commit of a change on the view's head. */
export function mainCommit({ context, view, objects, now }: CommitSource, change: Change, tree: string): SourceCommit {
  const stamp = { seconds: Math.floor(now.getTime() / 1000), zone: '+0000' };
  const fields = {
    tree,
    parents: [view.commit],
    author: { ...authorOf(change.actor), ...stamp },
    committer: { ...committer, ...stamp },
    message: messageOf(change),
  };
  return { ...fields, id: objects.add('commit', encodeCommit(fields, (payload) => signSsh(payload, context.key))) };
}
