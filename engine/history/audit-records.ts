import { tenantOfPath } from '../../schemas/index.ts';
import { changesOf, timeOf } from '../git/index.ts';
import { platformKey } from '../state/state-view.ts';
import { history } from './history.ts';
import type { HistoryContext } from './history.ts';
import { renderedUpTo } from './past.ts';
import type { RenderedThen } from './past.ts';
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
  return placed.map((each) => recordOf(each, { paths: paths.get(each.entry.commit) ?? [], rendered, tenant: filter.tenant }));
}

/** Cell → its commits whose sources are on the page, and the one before them: it says what was quarantined when the page begins. */
async function renderedOf(context: AuditContext, placed: readonly Placed[]): Promise<ReadonlyMap<string, readonly RenderedThen[]>> {
  const all = new Map<string, readonly RenderedThen[]>();
  const [newest] = placed;
  const oldest = placed.at(-1);
  if (newest === undefined || oldest === undefined) return all;
  for (const [cell, head] of context.cells) {
    const found: RenderedThen[] = [];
    for await (const each of renderedUpTo(context, head, newest.position)) {
      found.push(each);
      if (each.position < oldest.position) break;
    }
    all.set(cell, found);
  }
  return all;
}

interface Facts {
  readonly paths: readonly string[];
  readonly rendered: ReadonlyMap<string, readonly RenderedThen[]>;
  readonly tenant: string | undefined;
}

function recordOf({ entry, position, seconds }: Placed, { paths, rendered, tenant }: Facts): AuditRecord {
  const shown = [...rendered].flatMap(([cell, all]) => all.filter((each) => each.position === position).map(({ commit }) => ({ cell, commit })));
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
    rendered: shown,
  };
}
