import { MAX_FILE_BYTES, refOfPath } from '../../schemas/index.ts';
import { isTree, treeDifference } from '../git/index.ts';
import type { ObjectReader, TreeEntry } from '../git/index.ts';
import type { FileChange } from '../types.ts';

async function textOf(objects: ObjectReader, entry: TreeEntry | undefined): Promise<string | undefined> {
  if (entry === undefined || isTree(entry)) return undefined;
  if (entry.mode === '160000') return '';
  return (await objects.blob(entry.oid, MAX_FILE_BYTES)).content?.toString('utf8') ?? '';
}

/** The files that differ between two root trees, with both texts; reads nothing else. */
export async function fileChanges(objects: ObjectReader, before: string, after: string): Promise<FileChange[]> {
  const differences = await treeDifference(objects, before, after);
  return Promise.all(
    differences.map(async (difference) => ({
      path: difference.path,
      ref: refOfPath(difference.path),
      before: await textOf(objects, difference.before),
      after: await textOf(objects, difference.after),
    })),
  );
}
