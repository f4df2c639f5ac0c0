import { loadFile, loadPlatform, loadTenant, MAX_FILE_BYTES, tenantDirectory } from '../../schemas/index.ts';
import type { KindName, LoadedFile, ObjectRef, PlatformState, RawFile, TenantState } from '../../schemas/index.ts';
import { Lru } from '../git/index.ts';
import type { ObjectReader, TreeEntry } from '../git/index.ts';
import { fileMode, readFiles } from './read-files.ts';

/** Of memory, about: an object takes some four times its text. */
const rememberedBytes = 64 * 1024 * 1024;
/** The same of whole tenants, of which at most so many are kept, however small they are. */
const tenantBytes = 256 * 1024 * 1024;
const mostTenants = 128;

interface Remembered {
  readonly loaded: LoadedFile;
  readonly size: number;
}

/** Loads tenants by the id of their tree and keeps those used last. A tree's id says all about its content. */
export class TenantLoader {
  readonly #objects: ObjectReader;
  readonly #loaded: Lru<string, TenantState>;
  readonly #least: number;
  readonly #files = new Lru<string, Remembered>(rememberedBytes);
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

  /** A change touches few of a tenant's files; the others are neither read nor parsed again. */
  async #load(id: string, tree: string, objects: ObjectReader): Promise<TenantState> {
    // Held here: what is remembered may be forgotten while the rest is read.
    const found = new Map<string, LoadedFile>();
    const known = (path: string, entry: TreeEntry) => {
      const remembered = this.#files.get(keyOf(path, entry.oid, fileMode(entry)));
      if (remembered !== undefined) found.set(path, remembered.loaded);
      return remembered?.size;
    };
    const files = await readFiles(objects, tree, `${tenantDirectory(id)}/`, { known });
    const state = loadTenant(id, files, <K extends KindName>(file: RawFile, ref: ObjectRef<K>) => (found.get(file.path) as LoadedFile<K> | undefined) ?? this.#loadFile(file, ref));
    this.#loaded.set(`${id} ${tree}`, state, Math.max(this.#least, sum(files.map(memoryOf))));
    return state;
  }

  #loadFile<K extends KindName>(file: RawFile, ref: ObjectRef<K>): LoadedFile<K> {
    const loaded = loadFile(file, ref);
    if (file.bytes !== undefined) this.#files.set(keyOf(file.path, file.oid, file.mode), { loaded, size: file.size }, memoryOf(file));
    return loaded;
  }
}

function memoryOf({ size }: RawFile): number {
  return Math.min(size, MAX_FILE_BYTES) * 4 + 1000;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}

function keyOf(path: string, oid: string, mode: RawFile['mode']): string {
  return `${oid} ${path} ${mode}`;
}

/** The platform's files in a root tree: everything outside `tenants/`. */
export async function readPlatform(objects: ObjectReader, root: string): Promise<PlatformState> {
  return loadPlatform(await readFiles(objects, root, '', { wanted: (path) => !path.startsWith('tenants/') }));
}
