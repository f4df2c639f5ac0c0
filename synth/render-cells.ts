import type { PlatformState, TenantState } from '../schemas/index.ts';
import { renderCellBase } from './cell/render-cell-base.ts';
import { SynthError } from './errors.ts';
import { renderTenant } from './tenant/render-tenant.ts';
import type { RenderedFiles } from './types.ts';

/**
 * Every cell's whole tree, by the cell's name. The order of `tenants` doesn't matter.
 * @throws {SynthError} as `renderTenant` does, and `duplicate_file` when two tenants would write one file.
 */
export function renderCells(platform: PlatformState, tenants: Iterable<TenantState>): ReadonlyMap<string, RenderedFiles> {
  const cells = new Map([...platform.cells.keys()].sort().map((cell) => [cell, new Map(renderCellBase(platform, cell))]));
  for (const tenant of tenants) {
    for (const [cell, files] of renderTenant(platform, tenant)) addAll(cells.get(cell), files);
  }
  return new Map([...cells].map(([cell, files]) => [cell, new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)))]));
}

function addAll(tree: Map<string, string> | undefined, files: RenderedFiles): void {
  for (const [path, text] of files) {
    if (tree?.has(path) === true) throw new SynthError('duplicate_file', `Two objects would be written to ${path}. Rename one of them.`);
    tree?.set(path, text);
  }
}
