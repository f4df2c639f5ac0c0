import { loadFile, loadPlatform, loadTenant, tenantDirectory } from '../../schemas/index.ts';
import type { KindName, LoadedFile, ObjectRef, PlatformState, RawFile, TenantState } from '../../schemas/index.ts';
import { Lru } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { readFiles } from './read-files.ts';

/** Of memory, about: an object takes some four times its text. */
const rememberedBytes = 64 * 1024 * 1024;
/** The same of whole tenants, of which at most so many are kept, however small they are. */
const tenantBytes = 256 * 1024 * 1024;
const mostTenants = 128;

/** Loads tenants by the id of their tree and keeps those used last. A tree's id says all about its content. */
export class TenantLoader {
  readonly #objects: ObjectReader;
  readonly #loaded: Lru<string, TenantState>;
  readonly #least: number;
  readonly #files = new Lru<string, LoadedFile>(rememberedBytes);
  /** Loads that are under way. */
  readonly #loading = new Map<string, Promise<TenantState>>();

  /** `limit`: bytes of memory, about, for tenants that are kept. */
  constructor(objects: ObjectReader, limit = tenantBytes) {
    this.#objects = objects;
    this.#loaded = new Lru(limit);
    this.#least = limit / mostTenants;
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
    const files = await readFiles(objects, tree, `${tenantDirectory(id)}/`);
    const state = loadTenant(id, files, (file, ref) => this.#loadFile(file, ref));
    this.#loaded.set(`${id} ${tree}`, state, Math.max(this.#least, sum(files.map(memoryOf))));
    return state;
  }

  /** A change touches few of a tenant's files; the others are not parsed again. */
  #loadFile<K extends KindName>(file: RawFile, ref: ObjectRef<K>): LoadedFile<K> {
    const key = `${file.path} ${file.oid} ${file.mode}`;
    const known = this.#files.get(key);
    if (known !== undefined) return known as LoadedFile<K>;
    const loaded = loadFile(file, ref);
    this.#files.set(key, loaded, memoryOf(file));
    return loaded;
  }
}

/** A file that is too large comes without its text. */
function memoryOf({ bytes }: RawFile): number {
  return (bytes?.length ?? 0) * 4 + 1000;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

/** The platform's files in a root tree: everything outside `tenants/`. */
export async function readPlatform(objects: ObjectReader, root: string): Promise<PlatformState> {
  return loadPlatform(await readFiles(objects, root, '', { wanted: (path) => !path.startsWith('tenants/') }));
}
