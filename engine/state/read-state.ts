import { loadPlatform, loadTenant, tenantDirectory } from '../../schemas/index.ts';
import type { PlatformState, TenantState } from '../../schemas/index.ts';
import { Lru } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { readFiles } from './read-files.ts';

/** Loads tenants by the id of their tree and keeps those used last. A tree's id says all about its content. */
export class TenantLoader {
  readonly #objects: ObjectReader;
  readonly #loaded = new Lru<string, TenantState>(128);

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  /** `objects`: where to read, when the tree is not written yet. */
  async load(id: string, tree: string, objects: ObjectReader = this.#objects): Promise<TenantState> {
    const key = `${id} ${tree}`;
    const known = this.#loaded.get(key);
    if (known !== undefined) return known;
    const state = loadTenant(id, await readFiles(objects, tree, `${tenantDirectory(id)}/`));
    this.#loaded.set(key, state);
    return state;
  }
}

/** The platform's files in a root tree: everything outside `tenants/`. */
export async function readPlatform(objects: ObjectReader, root: string): Promise<PlatformState> {
  return loadPlatform(await readFiles(objects, root, '', (path) => !path.startsWith('tenants/')));
}
