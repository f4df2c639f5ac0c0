import { MAX_FILE_BYTES } from '../../schemas/index.ts';
import type { RawFile } from '../../schemas/index.ts';
import { isTree, parseTree } from '../git/index.ts';
import type { ObjectReader, TreeEntry } from '../git/index.ts';

const modes: Readonly<Record<string, RawFile['mode']>> = { '100755': 'executable', '120000': 'symlink', '160000': 'submodule' };

async function readFile(objects: ObjectReader, path: string, entry: TreeEntry): Promise<RawFile> {
  const mode = modes[entry.mode] ?? 'file';
  if (mode === 'submodule') return { path, mode, oid: entry.oid, size: 0 };
  const { size, content } = await objects.blob(entry.oid, MAX_FILE_BYTES);
  return { path, mode, oid: entry.oid, size, ...(content !== undefined && { bytes: content }) };
}

/** The files below a tree; `wanted` decides by path which are read. A file over the limit comes without its bytes. */
export async function readFiles(objects: ObjectReader, tree: string, prefix: string, wanted: (path: string) => boolean = () => true): Promise<RawFile[]> {
  const found = await Promise.all(
    parseTree(await objects.tree(tree)).map(async (entry) => {
      const path = `${prefix}${entry.name}`;
      if (isTree(entry)) return wanted(`${path}/`) ? readFiles(objects, entry.oid, `${path}/`, wanted) : [];
      return wanted(path) ? [await readFile(objects, path, entry)] : [];
    }),
  );
  return found.flat();
}
