import { loadFile, loadPlatform, loadTenant, tenantDirectory } from '../../schemas/index.ts';
import type { KindName, LoadedFile, ObjectRef, PlatformState, RawFile, TenantState } from '../../schemas/index.ts';
import { Lru } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { readFiles } from './read-files.ts';

/** Of memory, about: an object takes some four times its text. */
const rememberedBytes = 64 * 1024 * 1024;

/** Loads tenants by the id of their tree and keeps those used last. A tree's id says all about its content. */
export class TenantLoader {
  readonly #objects: ObjectReader;
  readonly #loaded = new Lru<string, TenantState>(128);
  readonly #files = new Lru<string, LoadedFile>(rememberedBytes);
  /** Loads that are under way. */
  readonly #loading = new Map<string, Promise<TenantState>>();

  constructor(objects: ObjectReader) {
    this.#objects = objects;
  }

  /** `objects`: where to read, when the tree is not written yet. */
  async load(id: string, tree: string, objects: ObjectReader = this.#objects): Promise<TenantState> {
    const key = `${id} ${tree}`;
    const known = this.#loaded.get(key);
    if (known !== undefined) return known;
    // Who began may not see what is not written yet; then we load ourselves.
    const loading = await this.#loading.get(key)?.catch(() => undefined);
    if (loading !== undefined) return loading;
    const started = this.#load(id, tree, objects).finally(() => this.#loading.delete(key));
    this.#loading.set(key, started);
    return started;
  }

  async #load(id: string, tree: string, objects: ObjectReader): Promise<TenantState> {
    const state = loadTenant(id, await readFiles(objects, tree, `${tenantDirectory(id)}/`), (file, ref) => this.#loadFile(file, ref));
    this.#loaded.set(`${id} ${tree}`, state);
    return state;
  }

  /** A change touches few of a tenant's files; the others are not parsed again. */
  #loadFile<K extends KindName>(file: RawFile, ref: ObjectRef<K>): LoadedFile<K> {
    const key = `${file.path} ${file.oid} ${file.mode}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known as LoadedFile<K>;
    const loaded = loadFile(file, ref);
    this.#files.set(key, loaded, file.size * 4 + 1000);
    return loaded;
  }
}

/** The platform's files in a root tree: everything outside `tenants/`. */
export async function readPlatform(objects: ObjectReader, root: string): Promise<PlatformState> {
  return loadPlatform(await readFiles(objects, root, '', { wanted: (path) => !path.startsWith('tenants/') }));
}
