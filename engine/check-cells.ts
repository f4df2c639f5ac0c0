import { cellPrefix, mainReference } from './commit/branches.ts';
import { readOwnCellCommit } from './commit/read-cell-commit.ts';
import type { CellCommit } from './commit/read-cell-commit.ts';
import { isAncestor, listReferences, ObjectStore, publicBytesOf, readReference } from './git/index.ts';
import { readPlatform, TenantLoader } from './state/read-state.ts';
import { renderWhole } from './state/render-whole.ts';

/**
 * - `equal`: the branch is the rendering of `main`
 * - `behind`: it is the rendering of an earlier commit of `main`
 * - `ahead`: it was rendered from a commit that stands on `main`'s head, or on a `main` that is no longer there
 * - `differs`: it claims to be the rendering of a commit and is not
 * - `foreign`: it is no commit that the platform signed
 * - `missing`: platform.yaml's state has the cell, and there is no branch
 */
export type CellState = 'equal' | 'behind' | 'ahead' | 'differs' | 'foreign' | 'missing';

export interface CellVerdict {
  readonly cell: string;
  readonly state: CellState;
  readonly commit?: string;
  readonly source?: string;
}

export interface CheckCellsOptions {
  readonly directory: string;
  /** Public keys whose commits are the platform's: `ssh-ed25519 …`. */
  readonly signers: readonly string[];
}

/** Renders all of `main` from nothing and compares each branch of a cell with it. Reads only; no engine is needed. */
export async function checkCells({ directory, signers }: CheckCellsOptions): Promise<readonly CellVerdict[]> {
  const main = await readReference(directory, mainReference);
  if (main === undefined) return [];
  const objects = new ObjectStore(directory);
  try {
    const loader = new TenantLoader(objects);
    const known = signers.flatMap((line) => publicBytesOf(line) ?? []);
    const heads = [...(await listReferences(directory, cellPrefix))].map(([name, commit]) => ({ cell: name.slice(cellPrefix.length), commit }));
    const verdicts: CellVerdict[] = [];
    const rendered = renderings(objects, loader);
    for (const { cell, commit } of heads) {
      const found = await readOwnCellCommit(objects, commit, known);
      const state = found === undefined ? 'foreign' : await stateOf({ directory, main, cell, rendered }, found);
      verdicts.push({ cell, state, commit, ...(found === undefined ? {} : { source: found.source }) });
    }
    const { cells } = await readPlatform(objects, (await objects.commit(main)).tree);
    const missing = [...cells.keys()].filter((cell) => !heads.some((head) => head.cell === cell));
    return [...verdicts, ...missing.map((cell) => ({ cell, state: 'missing' as const }))];
  } finally {
    objects.close();
  }
}

type Renderings = (commit: string, quarantined: readonly string[]) => Promise<ReadonlyMap<string, string>>;

/** All cells of one commit are rendered at once, so that is done once. */
function renderings(objects: ObjectStore, loader: TenantLoader): Renderings {
  const made = new Map<string, Promise<ReadonlyMap<string, string>>>();
  return (commit, quarantined) => {
    const key = [commit, ...quarantined].join('\n');
    const known = made.get(key) ?? renderWhole(objects, loader, { commit, quarantined });
    made.set(key, known);
    return known;
  };
}

interface Against {
  readonly directory: string;
  readonly main: string;
  readonly cell: string;
  readonly rendered: Renderings;
}

async function stateOf({ directory, main, cell, rendered }: Against, { source, quarantined, commit }: CellCommit): Promise<CellState> {
  if (!(await isAncestor(directory, source, main))) return 'ahead';
  if ((await rendered(main, quarantined)).get(cell) === commit.tree) return 'equal';
  if (source === main) return 'differs';
  return (await rendered(source, quarantined)).get(cell) === commit.tree ? 'behind' : 'differs';
}

/** So many renderings are made in search of a sound one. */
const mostRenderings = 5;

/** The last commit of the cell before this one that is the rendering of what it says; `undefined` when none is near. */
export async function lastSoundCommit({ directory, signers }: CheckCellsOptions, cell: string, commit: string): Promise<string | undefined> {
  const objects = new ObjectStore(directory);
  try {
    const rendered = renderings(objects, new TenantLoader(objects));
    const known = signers.flatMap((line) => publicBytesOf(line) ?? []);
    let [next] = (await objects.commit(commit)).parents;
    for (let tries = 0; next !== undefined && tries < mostRenderings; tries += 1) {
      const found = await readOwnCellCommit(objects, next, known);
      if (found !== undefined && (await rendered(found.source, found.quarantined)).get(cell) === found.commit.tree) return next;
      [next] = (await objects.commit(next)).parents;
    }
    return undefined;
  } finally {
    objects.close();
  }
}
