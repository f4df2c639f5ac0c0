import { renderTenant } from '../../synth/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { CellTrees } from './cell-trees.ts';
import { coldView } from './cold-view.ts';
import { NamingDraft } from './naming-draft.ts';
import type { TenantLoader } from './read-state.ts';

/** Cell → tree of everything in force at a commit, rendered from nothing. `quarantined`: as the cells' commits say. */
export async function renderWhole(objects: ObjectReader, loader: TenantLoader, { commit, quarantined }: { readonly commit: string; readonly quarantined: readonly string[] }): Promise<ReadonlyMap<string, string>> {
  const view = await coldView(objects, commit, quarantined);
  const cells = new CellTrees(view, new NamingDraft(objects), { record: false });
  const platform = view.platform.state;
  for (const cell of platform.cells.keys()) await cells.setBase(platform, cell);
  for (const [id, tree] of view.tenants.toMap()) await cells.setTenant(id, renderTenant(platform, await loader.load(id, tree)));
  await cells.apply();
  return new Map([...view.cells.toMap()].map(([name, { tree }]) => [name, tree]));
}
