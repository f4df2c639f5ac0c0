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
export function mainCommit(source: CommitSource, change: Change, tree: string): SourceCommit {
  return signedCommit(source, { tree, parents: [source.view.commit], actor: change.actor, message: messageOf(change) });
}

/** Makes a commit of the platform. */
export function signedCommit({ context, objects, now }: CommitSource, { tree, parents, actor, message }: { readonly tree: string; readonly parents: readonly string[]; readonly actor: string; readonly message: string }): SourceCommit {
  const stamp = { seconds: Math.floor(now.getTime() / 1000), zone: '+0000' };
  const fields = { tree, parents: [...parents], author: { ...authorOf(actor), ...stamp }, committer: { ...committer, ...stamp }, message };
  return { ...fields, id: objects.add('commit', encodeCommit(fields, (payload) => signSsh(payload, context.key))) };
}
