import type { CellRevision } from '../driver.ts';
import type { CellFile } from './assemble-cell.ts';
import { parseManifests } from './parse-manifests.ts';

/** The parsed files of a cell; only those whose blob changed are read again. */
export class CellFiles {
  readonly #files = new Map<string, { oid: string; file: CellFile }>();

  /** In path order. */
  get list(): readonly CellFile[] {
    return [...this.#files.values()].map(({ file }) => file).sort((a, b) => (a.path < b.path ? -1 : 1));
  }

  async update(revision: CellRevision): Promise<void> {
    for (const path of this.#files.keys()) if (!revision.files.has(path)) this.#files.delete(path);
    for (const [path, oid] of revision.files) {
      if (!isManifest(path) || this.#files.get(path)?.oid === oid) continue;
      this.#files.set(path, { oid, file: await readFile(revision, path) });
    }
  }
}

/** Charts hold templates, not manifests. */
function isManifest(path: string): boolean {
  return (path.endsWith('.yaml') || path.endsWith('.yml')) && !path.startsWith('charts/');
}

async function readFile(revision: CellRevision, path: string): Promise<CellFile> {
  try {
    const text = Buffer.from(await revision.read(path)).toString('utf8');
    const objects = parseManifests(path, text);
    const sealed = objects.some((object) => object.kind === 'Secret');
    return { path, objects, ...(sealed ? { text } : {}) };
  } catch (error) {
    return { path, objects: [], error: error instanceof Error ? error.message : String(error) };
  }
}
