import { tenantOfPath } from '../../schemas/index.ts';
import { changesOf, timeOf } from '../git/index.ts';
import { platformKey } from '../state/state-view.ts';
import { tenantTree } from '../state/tenant-tree.ts';
import { history } from './history.ts';
import type { HistoryContext } from './history.ts';
import type { RenderedThen } from './past.ts';
import { shownInCell } from './shown-in-cell.ts';
import type { AuditRecord, HistoryEntry, HistoryFilter } from './types.ts';

export interface AuditContext extends HistoryContext {
  /** Cell → head of its branch. */
  readonly cells: ReadonlyMap<string, string>;
}

interface Placed {
  readonly entry: HistoryEntry;
  readonly position: number;
  readonly seconds: number;
}

/** Commits of `main` as an auditor wants them, newest first; memory holds one page. Throws what `history` throws. */
export async function auditRecords(context: AuditContext, filter: HistoryFilter): Promise<readonly AuditRecord[]> {
  const { index, head, directory } = context;
  const placed: Placed[] = [];
  for (const entry of await history(context, filter)) {
    const position = (await index.positionOf(head, entry.commit)) ?? 0;
    placed.push({ entry, position, seconds: await index.secondsAt(head, position) });
  }
  const rendered = await renderedOf(context, placed);
  const paths = new Map<string, readonly string[]>();
  for await (const change of changesOf(directory, placed.map(({ entry }) => entry.commit))) paths.set(change.commit, change.paths);
  return Promise.all(placed.map((each) => recordOf(context, each, { paths: paths.get(each.entry.commit) ?? [], rendered, tenant: filter.tenant })));
}

/** Cell → its commits about what is on the page. */
async function renderedOf(context: AuditContext, placed: readonly Placed[]): Promise<ReadonlyMap<string, readonly RenderedThen[]>> {
  const positions = placed.map(({ position }) => position);
  const all = new Map<string, readonly RenderedThen[]>();
  for (const [cell, head] of context.cells) all.set(cell, await shownInCell(context, head, positions));
  return all;
}

interface Facts {
  readonly paths: readonly string[];
  readonly rendered: ReadonlyMap<string, readonly RenderedThen[]>;
  readonly tenant: string | undefined;
}

async function recordOf(context: AuditContext, { entry, position, seconds }: Placed, { paths, rendered, tenant }: Facts): Promise<AuditRecord> {
  const here = [...rendered].flatMap(([cell, all]) => all.filter((each) => each.position === position).map((each) => [cell, each] as const));
  const shown = await Promise.all(here.map(async ([cell, { commit, tree }]) => ((await isForReader(context, tree)) ? [{ cell, commit }] : [])));
  const [last] = [...rendered.values()].flatMap((all) => all.find((each) => each.position <= position) ?? []).sort((a, b) => b.position - a.position);
  const quarantines = (last?.quarantined ?? []).map((line) => ({ tenant: line.slice(0, line.lastIndexOf(' ')), commit: line.slice(line.lastIndexOf(' ') + 1) }));
  const touched = new Set(paths.map((path) => tenantOfPath(path) ?? (path.startsWith('tenants/') ? '' : platformKey)));
  const about = quarantines.filter((each) => tenant === undefined || each.tenant === tenant);
  return {
    ...entry,
    at: timeOf(seconds),
    paths: paths.filter((path) => tenant === undefined || tenantOfPath(path) === tenant),
    verdict: about.some((each) => touched.has(each.tenant)) ? 'quarantined' : 'accepted',
    quarantines: about,
    rendered: shown.flat(),
  };
}

/** A tenant's people know of the cells in which the tenant is; another's may be named after its only tenant. */
async function isForReader({ objects, reader }: AuditContext, tree: string): Promise<boolean> {
  return reader === undefined || (await tenantTree(objects, reader, tree)) !== undefined;
}
