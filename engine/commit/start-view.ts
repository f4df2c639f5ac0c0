import { SYNTH_VERSION } from '../../synth/index.ts';
import { listReferences, logCommits, parseTrailers } from '../git/index.ts';
import type { ParsedCommit, Repository } from '../git/index.ts';
import { emptyView } from '../state/advance.ts';
import { readCheckpoint } from '../state/checkpoint.ts';
import type { Checkpoint } from '../state/checkpoint.ts';
import { coldView } from '../state/cold-view.ts';
import type { StateView } from '../state/state-view.ts';
import { cellPrefix, mainReference } from './branches.ts';

interface PublishedCell {
  readonly name: string;
  readonly commit: ParsedCommit;
  readonly source: string;
  readonly synthVersion: string;
  readonly quarantined: readonly string[];
}

export interface Start {
  readonly view: StateView;
  /** Cell → commit of its ref. */
  readonly published: Map<string, string>;
  /** Commit of `main` → cells whose branch shows it already. */
  readonly covered: ReadonlyMap<string, ReadonlySet<string>>;
  /** Nothing has been looked at yet: everything is validated and rendered. */
  readonly fresh: boolean;
  /** Another synth rendered what is there: everything is rendered again. */
  readonly outdated: boolean;
}

/**
 * Where a start begins: at the commit up to which all cells are known to be rendered, whose rules were checked then. Without
 * such a commit it begins with nothing, and everything is validated and rendered.
 */
export async function startView(repository: Repository): Promise<Start> {
  const cells = await publishedCells(repository);
  const published = new Map(cells.map((cell) => [cell.name, cell.commit.id]));
  const chain = await chainOf(repository);
  const checkpoint = await readCheckpoint(repository.directory);
  const trusted = trustedCommit(cells, chain, checkpoint);
  if (trusted === undefined) return { view: withCells(emptyView(), cells), published, covered: new Map(), fresh: true, outdated: false };
  const quarantined = await quarantinedAt(repository, cells, (source) => (chain.get(source) ?? Number.POSITIVE_INFINITY) >= (chain.get(trusted) ?? 0));
  const view = withCells(await coldView(repository.objects, trusted, quarantined), cells);
  const outdated = checkpoint?.synthVersion !== SYNTH_VERSION && cells.some((cell) => cell.synthVersion !== SYNTH_VERSION);
  return { view, published, covered: coveredBy(cells, chain, trusted), fresh: false, outdated };
}

async function publishedCells(repository: Repository): Promise<PublishedCell[]> {
  const cells: PublishedCell[] = [];
  for (const [name, id] of await listReferences(repository.directory, cellPrefix)) {
    const commit = await repository.objects.commit(id);
    const trailers = parseTrailers(commit.message);
    const [source, version] = [trailers.get('Source-Commit')?.[0], trailers.get('Synth-Version')?.[0]];
    if (source === undefined || version === undefined) continue;
    cells.push({ name: name.slice(cellPrefix.length), commit, source, synthVersion: version, quarantined: trailers.get('Quarantined') ?? [] });
  }
  return cells;
}

/** First parents of `main`, commit → distance from the head. */
async function chainOf(repository: Repository): Promise<Map<string, number>> {
  const head = await repository.reference(mainReference);
  const ids = head === undefined ? [] : await logCommits(repository.directory, { from: head });
  return new Map(ids.map((id, distance) => [id, distance]));
}

function trustedCommit(cells: readonly PublishedCell[], chain: ReadonlyMap<string, number>, checkpoint: Checkpoint | undefined): string | undefined {
  if (cells.length === 0) return undefined;
  if (checkpoint !== undefined && chain.has(checkpoint.main)) return checkpoint.main;
  if (cells.some((cell) => !chain.has(cell.source))) return undefined;
  return cells.map((cell) => cell.source).sort((a, b) => (chain.get(b) ?? 0) - (chain.get(a) ?? 0))[0];
}

/** All cells carry all quarantines, so those of a moment stand on any cell's last commit that is not newer. */
async function quarantinedAt(repository: Repository, cells: readonly PublishedCell[], notNewer: (source: string) => boolean): Promise<readonly string[]> {
  for (const cell of cells) {
    let commit: ParsedCommit | undefined = cell.commit;
    while (commit !== undefined) {
      const trailers = parseTrailers(commit.message);
      if (notNewer(trailers.get('Source-Commit')?.[0] ?? '')) return trailers.get('Quarantined') ?? [];
      const parent: string | undefined = commit.parents[0];
      commit = parent === undefined ? undefined : await repository.objects.commit(parent);
    }
  }
  return [];
}

function coveredBy(cells: readonly PublishedCell[], chain: ReadonlyMap<string, number>, trusted: string): Map<string, Set<string>> {
  const covered = new Map<string, Set<string>>();
  const from = chain.get(trusted) ?? 0;
  for (const [id, distance] of chain) {
    if (distance >= from) break;
    const showing = cells.filter((cell) => (chain.get(cell.source) ?? Number.POSITIVE_INFINITY) <= distance);
    if (showing.length > 0) covered.set(id, new Set(showing.map((cell) => cell.name)));
  }
  return covered;
}

function withCells(view: StateView, cells: readonly PublishedCell[]): StateView {
  for (const { name, commit, quarantined } of cells) view.cells.set(name, { commit: commit.id, committedTree: commit.tree, tree: commit.tree, quarantined });
  return view;
}
