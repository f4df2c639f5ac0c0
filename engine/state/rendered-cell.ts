import { EngineError } from '../engine-error.ts';
import { entryAt, isTree, listFiles, parseTrailers } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { RenderedCell } from '../types.ts';
import { renderedBytes } from './rendered-text.ts';

/** A commit of `cells/<cell>`, to read. */
export async function renderedCell(objects: ObjectReader, cell: string, commit: string): Promise<RenderedCell> {
  const { tree, message } = await objects.commit(commit);
  const trailers = parseTrailers(message);
  const at = (path: string) => entryAt(objects, tree, path);
  return {
    cell,
    commit,
    sourceCommit: trailers.get('Source-Commit')?.[0] ?? '',
    synthVersion: trailers.get('Synth-Version')?.[0] ?? '',
    async files(prefix = '') {
      const folder = prefix.replace(/\/+$/, '');
      const entry = await at(folder);
      if (entry === undefined) return new Map();
      if (!isTree(entry)) return new Map([[folder, entry.oid]]);
      const files = await listFiles(objects, entry.oid, folder === '' ? '' : `${folder}/`);
      return new Map([...files].map(([path, file]) => [path, file.oid]));
    },
    async tree(path) {
      const entry = await at(path);
      return entry !== undefined && isTree(entry) ? entry.oid : undefined;
    },
    async read(path) {
      const entry = await at(path);
      if (entry === undefined || isTree(entry)) throw new EngineError('not_found', `${path} is not in cells/${cell} at ${commit.slice(0, 10)}.`);
      return renderedBytes(objects, entry.oid);
    },
  };
}
