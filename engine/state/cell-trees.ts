import { renderCellBase } from '../../synth/index.ts';
import type { PlatformState } from '../../schemas/index.ts';
import { tenantDirectory } from '../../schemas/index.ts';
import type { RenderedFiles } from '../../synth/index.ts';
import { blobId, EMPTY_TREE, entryAt, FILE_MODE, isTree, listFiles, spliceTree, TREE_MODE } from '../git/index.ts';
import type { ObjectDraft, TreeEntry } from '../git/index.ts';
import type { Rendered } from './assess-tenant.ts';
import type { StateView } from './state-view.ts';

/** A rendered file that differs, by blob id. */
export interface RenderedFileChange {
  readonly cell: string;
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

type Edits = Map<string, TreeEntry | null>;

/** The one file of a tenant outside its folder in a cell's tree. */
export function tenantFluxFile(id: string): string {
  return `flux/${tenantDirectory(id)}.yaml`;
}

/**
 * Collects what a step changes in the trees of cells and applies it once: each tree on the way is made once, however many
 * tenants change. `record`: keep a list of the changed files, for the plan.
 */
export class CellTrees {
  readonly #view: StateView;
  readonly #objects: ObjectDraft;
  readonly #edits = new Map<string, Edits>();
  readonly changes: RenderedFileChange[] = [];
  readonly #options: { readonly record: boolean };

  constructor(view: StateView, objects: ObjectDraft, options: { readonly record: boolean }) {
    this.#view = view;
    this.#objects = objects;
    this.#options = options;
  }

  /** Replaces what the tenant has in each cell; cells that it is not rendered for lose it. */
  async setTenant(id: string, rendered: Rendered): Promise<void> {
    for (const cell of new Set([...this.#view.cells.keys(), ...rendered.keys()])) {
      await this.#setTenantInCell(cell, id, rendered.get(cell) ?? new Map());
    }
  }

  async #setTenantInCell(cell: string, id: string, files: RenderedFiles): Promise<void> {
    const root = this.#view.cells.get(cell)?.tree ?? EMPTY_TREE;
    const folder = tenantDirectory(id);
    const fluxFile = tenantFluxFile(id);
    const entry = await entryAt(this.#objects, root, folder);
    const tree = entry !== undefined && isTree(entry) ? entry.oid : EMPTY_TREE;
    const old = await listFiles(this.#objects, tree, `${folder}/`);
    const oldFlux = await entryAt(this.#objects, root, fluxFile);
    if (oldFlux !== undefined) old.set(fluxFile, oldFlux);
    const changed = this.#differ(cell, old, files);
    if (changed.size === 0) return;
    const edits = this.#editsOf(cell);
    const inside: Edits = new Map();
    for (const [path, blob] of changed) {
      if (path === fluxFile) edits.set(path, blob);
      else if (path.startsWith(`${folder}/`)) inside.set(path.slice(folder.length + 1), blob);
      else throw new TypeError(`synth rendered ${path} for tenant ${id}, outside its folder.`);
    }
    const result = await spliceTree(this.#objects, tree, inside);
    edits.set(folder, result === EMPTY_TREE ? null : { mode: TREE_MODE, oid: result });
  }

  /** Replaces what belongs to no tenant. */
  async setBase(platform: PlatformState, cell: string): Promise<void> {
    const root = this.#view.cells.get(cell)?.tree ?? EMPTY_TREE;
    const old = new Map<string, TreeEntry>();
    for (const folder of ['flux', 'charts']) {
      const entry = await entryAt(this.#objects, root, folder);
      if (entry === undefined || !isTree(entry)) continue;
      for (const [path, file] of await listFiles(this.#objects, entry.oid, `${folder}/`)) if (!path.startsWith('flux/tenants/')) old.set(path, file);
    }
    const edits = this.#editsOf(cell);
    for (const [path, blob] of this.#differ(cell, old, renderCellBase(platform, cell))) edits.set(path, blob);
  }

  /** Puts the collected edits into the view's cells. */
  async apply(): Promise<void> {
    for (const [cell, edits] of this.#edits) {
      const head = this.#view.cells.get(cell) ?? { commit: undefined, committedTree: EMPTY_TREE, tree: EMPTY_TREE, quarantined: [] };
      this.#view.cells.set(cell, { ...head, tree: await spliceTree(this.#objects, head.tree, edits) });
    }
    this.#edits.clear();
  }

  #editsOf(cell: string): Edits {
    const edits = this.#edits.get(cell) ?? new Map<string, TreeEntry | null>();
    this.#edits.set(cell, edits);
    return edits;
  }

  #differ(cell: string, old: ReadonlyMap<string, TreeEntry>, files: RenderedFiles): Edits {
    const changed: Edits = new Map();
    for (const [path, text] of files) {
      // Most files are as they were: their bytes are not even made.
      if (old.get(path)?.oid === blobId(text)) continue;
      changed.set(path, { mode: FILE_MODE, oid: this.#objects.add('blob', Buffer.from(text)) });
    }
    for (const path of old.keys()) if (!files.has(path)) changed.set(path, null);
    if (this.#options.record) {
      for (const [path, entry] of changed) this.changes.push({ cell, path, before: old.get(path)?.oid, after: entry?.oid });
    }
    return changed;
  }
}
