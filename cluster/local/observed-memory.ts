import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KubernetesObject } from '../driver.ts';

const kinds: ReadonlySet<string> = new Set(['Deployment', 'Service', 'Kustomization', 'HelmRelease']);

/**
 * What was observed last, kept over a restart: since when a condition holds, generations, uids and applied revisions
 * must not begin anew. Losing the file loses only that.
 */
export class ObservedMemory {
  readonly #path: string;
  readonly #objects: Record<string, KubernetesObject>;
  readonly #onFailure: (error: unknown) => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(directory: string, onFailure: (error: unknown) => void) {
    this.#onFailure = onFailure;
    this.#path = join(directory, 'observed.json');
    this.#objects = readObjects(this.#path);
  }

  get(key: string): KubernetesObject | undefined {
    return this.#objects[key];
  }

  /** Written within a second. */
  set(key: string, object: KubernetesObject): void {
    if (!kinds.has(object.kind)) return;
    this.#objects[key] = object;
    this.#schedule();
  }

  delete(key: string): void {
    if (this.#objects[key] === undefined) return;
    delete this.#objects[key];
    this.#schedule();
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      writeFileSync(`${this.#path}.new`, JSON.stringify(this.#objects), { mode: 0o600 });
      renameSync(`${this.#path}.new`, this.#path);
    } catch (error) {
      this.#onFailure(error);
    }
  }

  /** Forgets the cell's objects that are no longer wanted. `prefix`: what their keys begin with. */
  retain(prefix: string, wanted: ReadonlySet<string>): void {
    for (const key of Object.keys(this.#objects)) if (key.startsWith(prefix) && !wanted.has(key)) this.delete(key);
  }

  #schedule(): void {
    this.#timer ??= setTimeout(() => this.flush(), 500).unref();
  }
}

function readObjects(path: string): Record<string, KubernetesObject> {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, KubernetesObject>;
  } catch {
    return {};
  }
}
