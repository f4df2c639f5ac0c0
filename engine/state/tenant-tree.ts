import { tenantDirectory } from '../../schemas/index.ts';
import { entryAt, isTree } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';

/** The tenant's tree in a root tree. */
export async function tenantTree(objects: ObjectReader, tenant: string, root: string): Promise<string | undefined> {
  const entry = await entryAt(objects, root, tenantDirectory(tenant));
  return isTree(entry) ? entry?.oid : undefined;
}
