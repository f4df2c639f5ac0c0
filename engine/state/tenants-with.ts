import { pathOfRef, tenantDirectory } from '../../schemas/index.ts';
import type { ObjectRef } from '../../schemas/index.ts';
import { entryAt } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { StateView } from './state-view.ts';

/** So many are looked at together, which are read together. */
const atOnce = 32;

/** Tenants in which the object is in force, in order. Of each tenant only the folders on the way to the object are read. */
export async function tenantsWith(view: Pick<StateView, 'tenants'>, objects: ObjectReader, object: Omit<ObjectRef, 'tenant'>): Promise<readonly string[]> {
  const found: string[] = [];
  const tenants = [...view.tenants.toMap()].values();
  const look = async () => {
    for (const [id, tree] of tenants) {
      const path = pathOfRef({ ...object, tenant: id }).slice(tenantDirectory(id).length + 1);
      if ((await entryAt(objects, tree, path)) !== undefined) found.push(id);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, look));
  return found.sort();
}
