import { loadPlatform } from '../../schemas/index.ts';
import { renderTenant } from '../../synth/index.ts';
import { entryAt, isTree, ObjectDraft, parseTree, treeDifference, ZERO_ID } from '../git/index.ts';
import type { ObjectReader, ParsedCommit } from '../git/index.ts';
import { pauses } from '../pauses.ts';
import { CellTrees, tenantFluxFile } from '../state/cell-trees.ts';
import { changedTenants } from '../state/changed-tenants.ts';
import { tenantTrees } from '../state/cold-view.ts';
import { NamingDraft } from '../state/naming-draft.ts';
import { readPlatform } from '../state/read-state.ts';
import { tenantTree } from '../state/tenant-tree.ts';
import type { TenantLoader } from '../state/read-state.ts';
import { platformKey, StateView } from '../state/state-view.ts';

/** Tenant (or `platform.yaml`) → its last good commit. */
export type Quarantines = ReadonlyMap<string, string>;

/**
 * Renders the commits of `main` once more, one after the other: what is in force at each by the quarantines that the cells'
 * commits name. Only tenants that changed are rendered again; a change of the platform's files concerns all.
 */
export class CellReplay {
  readonly #objects: ObjectReader;
  readonly #loader: TenantLoader;
  /** Trees that were rendered and stand in no commit; only of repositories in which something is wrong. */
  readonly #kept: ObjectDraft;
  #view: StateView | undefined;
  #quarantines: Quarantines = new Map();

  constructor(objects: ObjectReader, loader: TenantLoader) {
    this.#objects = objects;
    this.#loader = loader;
    this.#kept = new ObjectDraft(objects);
  }

  /** Cell → its tree after the last step. */
  trees(): ReadonlyMap<string, string> {
    return new Map([...(this.#view?.cells.toMap() ?? [])].map(([cell, { tree }]) => [cell, tree]));
  }

  get started(): boolean {
    return this.#view !== undefined;
  }

  /** What follows can not be compared with what was before: the next step renders everything. */
  stop(): void {
    this.#view = undefined;
  }

  /** Begins at a commit: renders everything, upon the trees that the cells are said to have, which saves making them anew. */
  async start(commit: ParsedCommit, quarantines: Quarantines, claimed: ReadonlyMap<string, string>): Promise<void> {
    const view = new StateView({ commit: ZERO_ID, root: commit.tree, platform: { state: loadPlatform([]), root: commit.tree, commit: ZERO_ID } });
    for (const [cell, tree] of claimed) view.cells.set(cell, { commit: undefined, committedTree: tree, tree, quarantined: [] });
    this.#view = view;
    this.#quarantines = quarantines;
    const root = await this.#platformRoot(commit, quarantines);
    view.platform = { state: await readPlatform(this.#objects, root), root, commit: ZERO_ID };
    const trees = await tenantTrees(this.#objects, commit.tree);
    for (const [id, good] of quarantines) {
      const tree = id === platformKey ? undefined : await this.#treeAt(good, id);
      if (tree === undefined) trees.delete(id);
      else trees.set(id, tree);
    }
    const all = new Map<string, string | undefined>(trees);
    for (const tree of claimed.values()) for (const id of await this.#tenantsShown(tree)) if (!trees.has(id)) all.set(id, undefined);
    await this.#render(view, all, true);
  }

  /** Goes on to the next commit along first parents. */
  async step(commit: ParsedCommit, quarantines: Quarantines): Promise<void> {
    const view = this.#view;
    if (view === undefined) throw new TypeError('A replay must be started.');
    const before = this.#quarantines;
    const change = await changedTenants(this.#objects, view.root, commit.tree);
    const root = await this.#platformRoot(commit, quarantines);
    const platform = (await changedTenants(this.#objects, view.platform.root, root)).platform;
    if (platform) view.platform = { state: await readPlatform(this.#objects, root), root, commit: ZERO_ID };
    const moved = [...new Set([...before.keys(), ...quarantines.keys()])].filter((id) => id !== platformKey && before.get(id) !== quarantines.get(id));
    const ids = new Set([...change.tenants.keys(), ...moved, ...(platform ? view.tenants.keys() : [])]);
    const trees = new Map<string, string | undefined>();
    for (const id of [...ids].sort()) trees.set(id, await this.#inForce(commit, quarantines, id));
    view.root = commit.tree;
    this.#quarantines = quarantines;
    await this.#render(view, trees, platform);
  }

  /** Files that differ between what a cell should be and what a commit says, a few of them. */
  async differences(cell: string, tree: string): Promise<readonly string[]> {
    const expected = this.trees().get(cell);
    if (expected === undefined) return [];
    return (await treeDifference(this.#kept, expected, tree)).slice(0, 3).map(({ path }) => path);
  }

  async #render(view: StateView, trees: ReadonlyMap<string, string | undefined>, base: boolean): Promise<void> {
    const draft = new NamingDraft(this.#kept);
    const cells = new CellTrees(view, draft, { record: false });
    const platform = view.platform.state;
    const pause = pauses();
    const before = this.trees();
    if (base) for (const cell of platform.cells.keys()) await cells.setBase(platform, cell);
    for (const [id, tree] of trees) {
      if (tree === undefined) view.tenants.delete(id);
      else view.tenants.set(id, tree);
      await cells.setTenant(id, tree === undefined ? new Map() : renderTenant(platform, await this.#loader.load(id, tree)));
      await pause();
    }
    await cells.apply();
    // An honest repository has them already.
    for (const [cell, tree] of this.trees()) if (before.get(cell) !== tree && !(await this.#has(tree))) this.#kept.keep(draft);
  }

  #has(tree: string): Promise<boolean> {
    return this.#objects.tree(tree).then(() => true, () => false);
  }

  async #platformRoot(commit: ParsedCommit, quarantines: Quarantines): Promise<string> {
    const good = quarantines.get(platformKey);
    return good === undefined ? commit.tree : (await this.#objects.commit(good)).tree;
  }

  async #inForce(commit: ParsedCommit, quarantines: Quarantines, id: string): Promise<string | undefined> {
    const good = quarantines.get(id);
    return good === undefined ? tenantTree(this.#objects, id, commit.tree) : this.#treeAt(good, id);
  }

  async #treeAt(commit: string, id: string): Promise<string | undefined> {
    return commit === ZERO_ID ? undefined : tenantTree(this.#objects, id, (await this.#objects.commit(commit)).tree);
  }

  /** Whoever has something in a cell's tree. */
  async #tenantsShown(tree: string): Promise<Set<string>> {
    const shown = new Set((await tenantTrees(this.#objects, tree)).keys());
    const flux = await entryAt(this.#objects, tree, 'flux/tenants');
    if (flux === undefined || !isTree(flux)) return shown;
    for (const prefix of parseTree(await this.#objects.tree(flux.oid)).filter(isTree)) {
      for (const { name } of parseTree(await this.#objects.tree(prefix.oid))) {
        const id = name.replace(/\.yaml$/, '');
        if (tenantFluxFile(id) === `flux/tenants/${prefix.name}/${name}`) shown.add(id);
      }
    }
    return shown;
  }
}

/** Entries of a cell's tree that no synthesis makes: outside of what is compared file by file. */
export async function strayEntries(objects: ObjectReader, tree: string): Promise<readonly string[]> {
  const folders = async (path: string, fits: (name: string) => boolean) => {
    const entry = await entryAt(objects, tree, path);
    const entries = entry === undefined || !isTree(entry) ? [] : parseTree(await objects.tree(entry.oid));
    return entries.filter((each) => !isTree(each) || !fits(each.name)).map(({ name }) => `${path}/${name}`.replace(/^\//, ''));
  };
  const top = await folders('', (name) => name === 'flux' || name === 'charts' || name === 'tenants');
  const prefixes = await folders('tenants', (name) => name.length === 2);
  return [...top, ...prefixes];
}
