import { tenantDirectory } from '../../schemas/index.ts';
import { entryAt, isTree, listFiles } from '../git/index.ts';
import type { Repository } from '../git/index.ts';
import type { Intent } from '../intent.ts';
import { tenantFluxFile } from '../state/cell-trees.ts';
import { loadInForce } from '../state/load-in-force.ts';
import type { TenantLoader } from '../state/read-state.ts';
import type { StateView } from '../state/state-view.ts';

export interface ReadAheadContext {
  readonly repository: Pick<Repository, 'objects'>;
  readonly loader: TenantLoader;
}

/**
 * Brings what intents will ask for into memory, all of it at once: git answers many reads in the time of a few, and the disk
 * may be flushing meanwhile. It is a hint: what can't be read is said to who needs it.
 */
export async function readAhead(context: ReadAheadContext, view: StateView, intents: readonly Intent[]): Promise<void> {
  const tenants = [...new Set(intents.flatMap(({ change }) => change.tenant ?? []))];
  const trees = [...view.cells.keys()].flatMap((cell) => view.cells.get(cell)?.tree ?? []);
  await Promise.allSettled(tenants.flatMap((id) => trees.map((tree) => readRendered(context, tree, id)).concat(readPath(context, view.root, id), loadTenantInForce(context, view, id))));
}

/** The trees on the way to the tenant's folder. */
async function readPath({ repository: { objects } }: ReadAheadContext, root: string, id: string): Promise<void> {
  await entryAt(objects, root, tenantDirectory(id));
}

async function loadTenantInForce({ loader }: ReadAheadContext, view: StateView, id: string): Promise<void> {
  await loadInForce(view, loader, id);
}

async function readRendered({ repository: { objects } }: ReadAheadContext, root: string, id: string): Promise<void> {
  const [folder] = await Promise.all([entryAt(objects, root, tenantDirectory(id)), entryAt(objects, root, tenantFluxFile(id))]);
  if (folder !== undefined && isTree(folder)) await listFiles(objects, folder.oid);
}
