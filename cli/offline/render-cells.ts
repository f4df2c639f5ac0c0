import { hasErrors, loadState, validateState, type Loaded, type Problem, type RawFile } from '../../schemas/index.ts';
import { renderCellBase, renderTenant, type RenderedFiles } from '../../synth/index.ts';

export interface RenderedCells {
  readonly cells: ReadonlyMap<string, { readonly cell: Loaded<'Cell'>; readonly files: RenderedFiles }>;
  readonly tenants: number;
}

/** Every cell's whole tree, paths in order; the problems instead when the state is not valid. */
export function renderCells(raw: readonly RawFile[]): RenderedCells | readonly Problem[] {
  const problems = validateState(raw);
  if (hasErrors(problems)) return problems;
  const { platform, tenants } = loadState(raw);
  const trees = new Map([...platform.cells.keys()].map((name) => [name, new Map(renderCellBase(platform, name))] as const));
  for (const tenant of tenants.values()) {
    for (const [name, files] of renderTenant(platform, tenant)) {
      for (const [path, text] of files) trees.get(name)?.set(path, text);
    }
  }
  const cells = [...platform.cells].map(([name, cell]) => [name, { cell, files: sorted(trees.get(name) ?? new Map()) }] as const);
  return { cells: new Map(cells), tenants: tenants.size };
}

function sorted(files: ReadonlyMap<string, string>): RenderedFiles {
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}
