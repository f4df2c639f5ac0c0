import type { FileChange } from '../change.ts';
import { EngineDraft } from '../commit/engine-draft.ts';
import { draftOf } from '../commit/prepare.ts';
import type { PrepareContext } from '../commit/prepare.ts';
import { ObjectDraft } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { Intent } from '../intent.ts';
import type { StateView } from '../state/state-view.ts';
import { fieldsOf, reapply } from './reapply.ts';
import type { Proposal, RequestMatch } from './types.ts';

export interface MatchSource {
  readonly context: PrepareContext;
  readonly view: StateView;
  readonly below: ObjectReader;
}

/** The first proposal that makes the same of the view's head as the intent does, else the first whose fields the intent changes as well. */
export async function matchProposals(source: MatchSource, intent: Intent, proposals: readonly Proposal[]): Promise<RequestMatch | undefined> {
  const { context, view, below } = source;
  const { files, root } = await draftOf(context, view, below, intent);
  if (files.length === 0) return undefined;
  const covered = proposals.filter((proposal) => covers(files, proposal.files));
  for (const { number, files: proposed } of covered) if ((await madeOn(source, proposed)) === root) return { number, by: 'content' };
  const [first] = covered;
  return first === undefined ? undefined : { number: first.number, by: 'fields' };
}

/** The root tree; `undefined` when it can't be made. */
async function madeOn({ context, view, below }: MatchSource, files: readonly FileChange[]): Promise<string | undefined> {
  const draft = new EngineDraft({ view, objects: new ObjectDraft(below), loader: context.loader });
  const { conflicts } = await reapply(draft, files);
  return conflicts.length > 0 ? undefined : draft.root(await draft.changes());
}

/** Whether all that the one changes is changed by the other, whatever to. */
function covers(files: readonly FileChange[], others: readonly FileChange[]): boolean {
  const changed = new Map(files.map((file) => [file.path, new Set(fieldsOf(file))]));
  return others.every((other) => {
    const pointers = changed.get(other.path);
    return pointers !== undefined && (pointers.has('') || fieldsOf(other).every((pointer) => pointers.has(pointer)));
  });
}
