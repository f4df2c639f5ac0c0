import { logCommits, timeOf } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { EngineError } from '../engine-error.ts';
import { readCellCommit } from '../commit/read-cell-commit.ts';
import { viewInForce } from '../state/cold-view.ts';
import { getObject } from '../state/get-object.ts';
import { loadInForce } from '../state/load-in-force.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { HistoryIndex } from './history-index.ts';
import type { PastState } from './types.ts';

export interface PastContext {
  readonly directory: string;
  readonly index: HistoryIndex;
  readonly objects: ObjectReader;
  readonly loader: TenantLoader;
  readonly head: string;
  /** Heads of the cells' branches: their commits say what was quarantined. */
  readonly cells: readonly string[];
  readonly now: () => Date;
}

/** Commits of a cell that are looked at in one go. */
const atOnce = 32;

/** The commit that was the head then. A time that has not come yet means now. Throws `not_found`. */
export async function commitAt({ index, head, now }: Pick<PastContext, 'index' | 'head' | 'now'>, at: Date | string): Promise<{ readonly commit: string; readonly seconds: number }> {
  if (typeof at === 'string') {
    const position = await index.positionOf(head, at);
    if (position === undefined) throw new EngineError('not_found', `There is no commit ${at} on main. Give its full id.`);
    return { commit: at, seconds: await index.secondsAt(head, position) };
  }
  const found = at >= now() ? { commit: head, seconds: Math.floor(now().getTime() / 1000) } : await index.at(head, at);
  if (found === undefined) throw new EngineError('not_found', `There was no state yet at ${at.toISOString()}. Name a later time; a day is its first moment, UTC.`);
  return found;
}

/** Throws `not_found`. */
export async function pastState(context: PastContext, at: Date | string): Promise<PastState> {
  const { commit, seconds } = await commitAt(context, at);
  const view = await viewInForce(context.objects, commit, await quarantinedAt(context, commit));
  const tenant = (id: string) => loadInForce(view, context.loader, id);
  return {
    commit,
    time: timeOf(seconds),
    quarantines: new Map([...view.quarantines.toMap()].map(([id, quarantine]) => [id, quarantine.commit])),
    platform: () => view.platform.state,
    tenantIds: () => [...view.tenants.keys()].sort(),
    tenant,
    async get(ref) {
      const state = ref.tenant === undefined ? view.platform.state : await tenant(ref.tenant);
      return state === undefined ? undefined : getObject(state, ref);
    },
  };
}

/**
 * What was quarantined at a commit. Every cell gets a commit when that changes, and each commit names all quarantines: the one
 * with the newest source up to the commit says it.
 */
async function quarantinedAt(context: PastContext, commit: string): Promise<readonly string[]> {
  const position = (await context.index.positionOf(context.head, commit)) ?? -1;
  const found = await Promise.all(context.cells.map((cell) => renderedUpTo(context, cell, position).next()));
  const [newest] = found.flatMap(({ value }) => value ?? []).sort((a, b) => b.position - a.position);
  return newest?.quarantined ?? [];
}

/** A commit of a cell, and where its source stands on `main`. */
export interface RenderedThen {
  readonly commit: string;
  readonly tree: string;
  readonly position: number;
  readonly quarantined: readonly string[];
}

export type CellContext = Pick<PastContext, 'directory' | 'index' | 'objects' | 'head'>;

/** The commits of a cell whose sources are at most at the position, newest first. `cell`: its head. */
export async function* renderedUpTo(context: CellContext, cell: string, most: number): AsyncGenerator<RenderedThen, undefined> {
  let from: string | undefined = await firstUpTo(context, cell, most);
  while (from !== undefined) {
    const ids: readonly string[] = await logCommits(context.directory, { from, limit: atOnce });
    for (const commit of ids) {
      const rendered = await renderedThen(context, commit);
      if (rendered !== undefined && rendered.position <= most) yield rendered;
    }
    const last = ids.length < atOnce ? undefined : ids.at(-1);
    from = last === undefined ? undefined : (await context.objects.commit(last)).parents[0];
  }
}

/** `undefined` when it shows no commit that is on `main`. */
async function renderedThen({ index, objects, head }: CellContext, commit: string): Promise<RenderedThen | undefined> {
  const rendered = await readCellCommit(objects, commit);
  const position = rendered && (await index.positionOf(head, rendered.source));
  return rendered === undefined || position === undefined ? undefined : { commit, tree: rendered.commit.tree, position, quarantined: rendered.quarantined };
}

/**
 * The newest commit of the cell whose source is at most at the position, or one that shows nothing that is on `main` before it:
 * looked for by halves, because sources stand in order, and dates, which somebody else's clock may have set, do not.
 */
async function firstUpTo(context: CellContext, cell: string, most: number): Promise<string> {
  let ids: readonly string[] = [cell];
  for (let limit = atOnce; ; limit *= atOnce) {
    ids = await logCommits(context.directory, { from: cell, limit });
    if (ids.length < limit || !(await isLater(context, ids.slice(-1), most))) break;
  }
  let [later, found] = [-1, ids.length - 1];
  while (found - later > 1) {
    const middle = Math.floor((later + found) / 2);
    if (await isLater(context, ids.slice(middle), most)) later = middle;
    else found = middle;
  }
  return ids[found] ?? cell;
}

/** Whether the first of them is later than the position; one that is not on `main` any more is as late as the next. */
async function isLater(context: CellContext, ids: readonly string[], most: number): Promise<boolean> {
  for (const id of ids) {
    const rendered = await renderedThen(context, id);
    if (rendered !== undefined) return rendered.position > most;
  }
  return true;
}
