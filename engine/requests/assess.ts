import type { Change, FileChange, StateBefore } from '../change.ts';
import { consider, planDrafted } from '../commit/consider.ts';
import { EngineDraft } from '../commit/engine-draft.ts';
import type { CommitSource } from '../commit/main-commit.ts';
import { changedBy, stateBefore } from '../commit/prepare.ts';
import type { PrepareContext } from '../commit/prepare.ts';
import { EngineError } from '../engine-error.ts';
import { droppingPiles, ObjectDraft } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { advance } from '../state/advance.ts';
import type { StateView } from '../state/state-view.ts';
import { reapply } from './reapply.ts';
import type { Assessment, Proposal } from './types.ts';

type Verdict = Pick<Assessment, 'problems' | 'openings'>;

/** What the request comes to on the view's head, part by part; nothing is written and nothing is refused. */
export async function assess(context: PrepareContext, view: StateView, below: ObjectReader, { proposal, tenants }: { readonly proposal: Proposal; readonly tenants?: readonly string[] | undefined }): Promise<Omit<Assessment, 'merged'>> {
  const objects = new ObjectDraft(below);
  const draft = new EngineDraft({ view, objects, loader: context.loader });
  const { conflicts, commentsLeft } = await reapply(draft, proposal.files);
  const unknown = { proposal, head: view.commit, conflicts, commentsLeft, considered: undefined, part: undefined, problems: [], openings: undefined, refusal: undefined };
  if (conflicts.length > 0) return unknown;
  const files = await draft.changes();
  const { change } = proposal;
  const before = await stateBefore(draft, change, files);
  const refusal = await refusalOf(context, change, files, before);
  if (files.length === 0) return { ...unknown, openings: [], refusal };
  const source = { context, view, objects, now: context.now() };
  const root = await draft.root(files);
  const considered = await consider(context, view, { objects, root, files, before });
  const part = tenants === undefined ? undefined : await planDrafted(context, view, { objects, root }, tenants);
  return { ...unknown, considered, part, refusal, ...(await judge(source, change, root)) };
}

/** Throws what isn't about the author's rights. */
async function refusalOf(context: PrepareContext, change: Change, files: readonly FileChange[], before: StateBefore): Promise<string | undefined> {
  try {
    await context.authorize(change, files, before);
    return undefined;
  } catch (error) {
    if (error instanceof EngineError && error.code === 'not_authorised') return error.message;
    throw error;
  }
}

/** By the rules of a write, but for approval policies. `openings` is `undefined` when the proof could not run. */
export async function judge({ context, view, objects, now }: CommitSource, change: Change, root: string): Promise<Verdict> {
  const by = changedBy(view, { change });
  const step = { root, commit: view.commit, by, approved: true, now, wrong: 'refuse', objects: new ObjectDraft(objects), loader: context.loader, relieve: droppingPiles() } as const;
  try {
    await advance(view, step);
    return { problems: [], openings: [] };
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const problems = (error.problems ?? []).filter(({ severity }) => severity === 'error');
    if (problems.length === 0 && error.openings === undefined) throw error;
    return { problems, openings: error.openings ?? undefined };
  }
}
