import { hasErrors, tenantOfPath } from '../../schemas/index.ts';
import type { Problem, TenantState } from '../../schemas/index.ts';
import type { Change, FileChange } from '../change.ts';
import { EngineError } from '../engine-error.ts';
import { droppingPiles, isUnreadable, momentOf, ObjectDraft } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import type { Push } from '../intent.ts';
import { fileChanges } from '../plan/file-changes.ts';
import { advance } from '../state/advance.ts';
import { loadInForce } from '../state/load-in-force.ts';
import type { StateView } from '../state/state-view.ts';
import { commitCells } from './cell-commits.ts';
import type { PrepareContext } from './prepare.ts';

/** More commits than people make by hand; each is checked and rendered while others wait. */
const mostCommits = 1_000;
/** Of clocks that differ. History goes by time: a commit of the future would stand nowhere, one of the past would take others along. */
const mostApartSeconds = 24 * 60 * 60;

/** What a push comes to on a view: nothing has moved yet. */
export interface Judged {
  /** A fork of the view. */
  readonly view: StateView;
  /** What was rendered. */
  readonly objects: ObjectDraft;
  /** Oldest first. */
  readonly commits: readonly string[];
}

/**
 * Runs on each commit of a push what runs on each write of the API: authorisation, state rules, transition rules, rendering,
 * isolation. Throws `push_outdated` when `main` is no longer what the client saw, `not_fast_forward`, `not_authorised`, and
 * with all problems of the first commit that has some: `invalid`, `quarantined`, `isolation`. The view is never changed.
 */
export async function judgePush(context: PrepareContext, view: StateView, push: Push): Promise<Judged> {
  if (push.before !== view.commit) throw outdated();
  const commits = await commitsOf(push);
  const objects = new ObjectDraft(push.objects);
  const fork = view.fork();
  for (const commit of commits) await takeOver(context, { view: fork, objects, change: push.change }, commit);
  return { view: fork, objects, commits: commits.map(({ id }) => id) };
}

export function outdated(cause?: unknown): EngineError {
  return new EngineError('push_outdated', 'Others have changed main since you fetched it. Run git pull --rebase, then push again.', { cause });
}

/** Along first parents, oldest first. */
async function commitsOf({ before, after, objects }: Push): Promise<ParsedCommit[]> {
  const commits: ParsedCommit[] = [];
  for (let id = after; id !== before; ) {
    const commit = await commitAt(objects, id);
    const [parent] = commit.parents;
    if (parent === undefined || commits.length === mostCommits) {
      throw new EngineError('not_fast_forward', `What you push does not stand on main along first parents, or brings more than ${mostCommits} commits. Run git pull --rebase, then push again.`);
    }
    commits.push(commit);
    id = parent;
  }
  return commits.reverse();
}

async function commitAt(objects: ObjectReader, id: string): Promise<ParsedCommit> {
  return objects.commit(id).catch((error: unknown) => {
    if (!isUnreadable(error)) throw error;
    throw new EngineError('not_fast_forward', `${id} is no commit that could become main.`, { cause: error });
  });
}

interface Taking {
  readonly view: StateView;
  readonly objects: ObjectDraft;
  readonly change: Change;
}

async function takeOver(context: PrepareContext, { view, objects, change }: Taking, commit: ParsedCommit): Promise<void> {
  const { loader, key, authorize, relieve } = context;
  expectDated(commit, await objects.commit(commit.parents[0] ?? ''), context.now());
  const files = await fileChanges(objects, view.root, commit.tree);
  await authorize(change, files, { platform: view.platform.state, tenants: await tenantsBefore(view, context, files) });
  // What is in force is judged by the commit's own time, as whoever looks at it later does; a freeze that began since counts, too.
  const step = { root: commit.tree, commit: commit.id, by: 'operator', now: momentOf(commit.committer.seconds), loader } as const;
  const drawn = new ObjectDraft(objects);
  const only = { objects: new ObjectDraft(objects), relieve: droppingPiles() };
  const judged = advance(view, { ...step, ...only, now: context.now(), wrong: 'refuse' });
  const advanced = await judged.then(() => advance(view, { ...step, wrong: 'refuse', objects: drawn, relieve })).catch(async (error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
    const held = await advance(view, { ...step, ...only, wrong: 'quarantine' });
    throw refusal(commit, error, problemsOf(view, held.view));
  });
  expectSameKeys(commit, view, advanced.view);
  commitCells(advanced.view, drawn, commit, key);
  objects.keep(drawn);
  view.absorb(advanced.view);
}

function expectDated({ id, author, committer }: ParsedCommit, before: ParsedCommit, at: Date): void {
  const now = at.getTime() / 1000;
  if (Math.max(author.seconds, committer.seconds) > now + mostApartSeconds) {
    throw new EngineError('invalid', `Commit ${id.slice(0, 12)} is dated in the future. Set the clock right, and date it anew with git commit --amend --date=now.`);
  }
  // Whoever put a commit of the future on main past us must not keep others from pushing.
  if (committer.seconds >= Math.min(before.committer.seconds, now) - mostApartSeconds) return;
  throw new EngineError('invalid', `Commit ${id.slice(0, 12)} is dated long before the commit that it stands on. Set the clock right, and date it anew with git commit --amend --no-edit.`);
}

/** What a key of the list has signed is the platform's word. So only the platform's word changes the list. */
function expectSameKeys({ id }: ParsedCommit, before: StateView, after: StateView): void {
  const [was, is] = [before, after].map(({ platform }) => JSON.stringify(platform.state.platform?.object.spec.trust.state ?? []));
  if (was === is) return;
  throw new EngineError('invalid', `Commit ${id.slice(0, 12)} changes spec.trust.state of platform.yaml, by which commits of the platform are known. Change it through the API, which signs the change: cameleer apply --filename platform.yaml.`);
}

async function tenantsBefore(view: StateView, { loader }: PrepareContext, files: readonly FileChange[]): Promise<ReadonlyMap<string, TenantState | undefined>> {
  const ids = [...new Set(files.flatMap((file) => tenantOfPath(file.path) ?? []))];
  return new Map(await Promise.all(ids.map(async (id) => [id, await loadInForce(view, loader, id)] as const)));
}

/** A write is refused at the first tenant that is wrong; who pushes a hundred files wants to know of all. */
function problemsOf(before: StateView, after: StateView): readonly Problem[] {
  const found = [...after.quarantines.toMap()].filter(([id, quarantine]) => before.quarantines.get(id) !== quarantine);
  return found.flatMap(([, { problems }]) => problems.filter((problem) => problem.severity === 'error'));
}

function refusal(commit: ParsedCommit, error: EngineError, problems: readonly Problem[]): EngineError {
  const found = hasErrors(problems) ? problems : (error.problems ?? []);
  const { openings, conflict } = error;
  return new EngineError(error.code, `Commit ${commit.id.slice(0, 12)}: ${error.message}`, {
    cause: error,
    problems: found,
    ...(openings === undefined ? {} : { openings }),
    ...(conflict === undefined ? {} : { conflict }),
  });
}
