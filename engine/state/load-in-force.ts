import type { TenantState } from '../../schemas/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { TenantLoader } from './read-state.ts';
import type { StateView } from './state-view.ts';

/** The tenant as it is in force: quarantined, as of its last good tree. */
export async function loadInForce(view: StateView, loader: TenantLoader, id: string, objects?: ObjectReader): Promise<TenantState | undefined> {
  const tree = view.tenants.get(id);
  return tree === undefined ? undefined : loader.load(id, tree, objects);
}
