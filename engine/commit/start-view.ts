import { tenantDirectory } from '../../schemas/index.ts';
import { SYNTH_VERSION } from '../../synth/index.ts';
import { logCommits, ObjectDraft, spliceTree } from '../git/index.ts';
import type { Repository, TreeEntry } from '../git/index.ts';
import { emptyView } from '../state/advance.ts';
import { tenantFluxFile } from '../state/cell-trees.ts';
import { readCheckpoint } from '../state/checkpoint.ts';
import { coldView, tenantTrees } from '../state/cold-view.ts';
import type { StateView } from '../state/state-view.ts';
import { cellPrefix, mainReference } from './branches.ts';
import { readCellCommit, readOwnCellCommit, unlessDamaged } from './read-cell-commit.ts';
import type { CellCommit } from './read-cell-commit.ts';

/** A commit of `main` that was checked, and the commit of each cell that came of it. */
interface Position {
  readonly main: string;
  readonly cells: ReadonlyMap<string, CellCommit>;
  readonly synthVersion: string | undefined;
}

export interface Start {
  readonly view: StateView;
  /** Cell → what its ref says, whoever moved it. */
  readonly published: Map<string, string>;
  /** Nothing has been looked at yet: everything is validated and rendered. */
  readonly fresh: boolean;
  /** Another synth rendered what is there: everything is rendered again. */
  readonly outdated: boolean;
}

/**
 * Where a start begins: at the last position that we wrote down ourselves, else at the oldest source of the cells' branches,
 * which count only with our signature. What came after is looked at again, which makes the same cells. Without a position it
 * begins with nothing, and everything is validated and rendered. `signers`: public keys, 32 bytes each.
 */
export async function startView(repository: Repository, signers: readonly Buffer[]): Promise<Start> {
  const published = new Map([...(await repository.references(cellPrefix))].map(([name, id]) => [name.slice(cellPrefix.length), id]));
  const heads = await ownHeads(repository, published, signers);
  for (const find of [() => writtenDown(repository), () => oldestSource(repository, heads)]) {
    const position = await find();
    const view = position && (await viewAt(repository, position));
    if (view !== undefined) return { view, published, fresh: false, outdated: position?.synthVersion !== SYNTH_VERSION };
  }
  const view = withCells(emptyView(), heads);
  await removeGoneTenants(repository, view);
  return { view, published, fresh: true, outdated: false };
}

async function ownHeads(repository: Repository, published: ReadonlyMap<string, string>, signers: readonly Buffer[]): Promise<Map<string, CellCommit>> {
  const heads = new Map<string, CellCommit>();
  for (const [name, id] of published) {
    const cell = await readOwnCellCommit(repository.objects, id, signers);
    if (cell !== undefined) heads.set(name, cell);
  }
  return heads;
}

async function writtenDown(repository: Repository): Promise<Position | undefined> {
  const checkpoint = await readCheckpoint(repository.directory);
  if (checkpoint === undefined) return undefined;
  const cells = new Map<string, CellCommit>();
  for (const [name, id] of Object.entries(checkpoint.cells)) {
    const cell = await readCellCommit(repository.objects, id);
    if (cell === undefined) return undefined;
    cells.set(name, cell);
  }
  return { main: checkpoint.main, cells, synthVersion: checkpoint.synthVersion };
}

async function oldestSource(repository: Repository, heads: ReadonlyMap<string, CellCommit>): Promise<Position | undefined> {
  const head = await repository.reference(mainReference);
  const chain = head === undefined ? [] : await logCommits(repository.directory, { from: head });
  const distances = new Map(chain.map((id, distance) => [id, distance]));
  const distance = ({ source }: CellCommit) => distances.get(source) ?? Number.POSITIVE_INFINITY;
  const oldest = Math.max(...[...heads.values()].map(distance));
  const main = chain[oldest];
  if (main === undefined) return undefined;
  const cells = new Map<string, CellCommit>();
  for (const [name, newest] of heads) {
    let cell: CellCommit | undefined = newest;
    while (cell !== undefined && distance(cell) < oldest) cell = cell.commit.parents[0] === undefined ? undefined : await readCellCommit(repository.objects, cell.commit.parents[0]);
    if (cell !== undefined) cells.set(name, cell);
  }
  const synthVersion = [...heads.values()].every((cell) => cell.synthVersion === SYNTH_VERSION) ? SYNTH_VERSION : undefined;
  return { main, cells, synthVersion };
}

/** `undefined` when objects are gone (`git gc` after a rewritten history), or a cell has nothing to go on from. */
async function viewAt(repository: Repository, { main, cells }: Position): Promise<StateView | undefined> {
  // All cells carry all quarantines, so those of the moment stand on any of them.
  const [any] = cells.values();
  const view = await coldView(repository.objects, main, any?.quarantined ?? []).catch(unlessDamaged);
  if (view === undefined || [...view.platform.state.cells.keys()].some((name) => !cells.has(name))) return undefined;
  return withCells(view, cells);
}

/** Of a tenant that is gone from `main`, nothing will be seen as changed: its files go here. Whoever is broken keeps its own. */
async function removeGoneTenants(repository: Repository, view: StateView): Promise<void> {
  const main = await repository.reference(mainReference);
  if (main === undefined) return;
  const current = await tenantTrees(repository.objects, (await repository.objects.commit(main)).tree);
  const objects = new ObjectDraft(repository.objects);
  for (const [name, head] of view.cells.toMap()) {
    const gone = [...(await tenantTrees(objects, head.tree)).keys()].filter((id) => !current.has(id));
    const edits = new Map<string, TreeEntry | null>(gone.flatMap((id) => [[tenantDirectory(id), null], [tenantFluxFile(id), null]]));
    view.cells.set(name, { ...head, tree: await spliceTree(objects, head.tree, edits) });
  }
  await repository.objects.write(objects.objects());
}

function withCells(view: StateView, cells: ReadonlyMap<string, CellCommit>): StateView {
  for (const [name, { commit, quarantined }] of cells) view.cells.set(name, { commit: commit.id, committedTree: commit.tree, tree: commit.tree, quarantined });
  return view;
}
