import { SynthError } from './errors.ts';
import type { RenderedFiles } from './types.ts';
import { emitYaml, type YamlValue } from './yaml/emit.ts';

/** A Kubernetes object as it is written. */
export interface Manifest {
  readonly [field: string]: YamlValue | undefined;
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly [field: string]: YamlValue | undefined; readonly name: string; readonly namespace?: string };
}

/** Collects one object a file, refuses two for one path, answers in path order. */
export class FileCollector {
  readonly #files = new Map<string, { readonly text: string; readonly object?: Manifest }>();

  /** Writes the object to `<folder>/<kind>.<name>.yaml`, after its namespace when `spread` (a folder of several namespaces). */
  add(folder: string, object: Manifest, spread = false): void {
    const { name, namespace } = object.metadata;
    const prefix = spread && namespace !== undefined ? `${namespace}.` : '';
    this.addAt(`${folder}/${prefix}${object.kind.toLowerCase()}.${name}.yaml`, object);
  }

  addAt(path: string, object: Manifest): void {
    this.#put(path, emitYaml(object), object);
  }

  /** Copies a file byte for byte. */
  copy(path: string, text: string): void {
    this.#put(path, text);
  }

  files(): RenderedFiles {
    const sorted = [...this.#files].sort(([a], [b]) => (a < b ? -1 : 1));
    const files = new Map(sorted.map(([path, { text }]) => [path, text]));
    objectsOfFiles.set(files, this.#files);
    return files;
  }

  #put(path: string, text: string, object?: Manifest): void {
    if (this.#files.has(path)) throw new SynthError('duplicate_file', `Two objects would be written to ${path}. Rename one of them.`);
    this.#files.set(path, object === undefined ? { text } : { text, object });
  }
}

const objectsOfFiles = new WeakMap<RenderedFiles, ReadonlyMap<string, { readonly text: string; readonly object?: Manifest }>>();

/** The object that `text` was emitted from, when `files` came from a collector and still holds that text at `path`. */
export function objectBehind(files: RenderedFiles, path: string, text: string): Manifest | undefined {
  const source = objectsOfFiles.get(files)?.get(path);
  return source?.text === text ? source.object : undefined;
}
