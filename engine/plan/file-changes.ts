import { MAX_FILE_BYTES, refOfPath } from '../../schemas/index.ts';
import { isTree, treeDifference } from '../git/index.ts';
import type { EntryChange, ObjectReader, TreeEntry } from '../git/index.ts';
import type { FileChange } from '../types.ts';

async function textOf(objects: ObjectReader, entry: TreeEntry | undefined): Promise<string | undefined> {
  if (entry === undefined || isTree(entry)) return undefined;
  if (entry.mode === '160000') return '';
  return (await objects.blob(entry.oid, MAX_FILE_BYTES)).content?.toString('utf8') ?? '';
}

/** A file that differs, with both texts. */
export async function fileTexts(objects: ObjectReader, { path, before, after }: EntryChange): Promise<FileChange> {
  return { path, ref: refOfPath(path), before: await textOf(objects, before), after: await textOf(objects, after) };
}

/** The files that differ between two trees, with both texts; reads nothing else. `prefix`: where the trees stand, with a slash at its end. */
export async function fileChanges(objects: ObjectReader, before: string, after: string, prefix = ''): Promise<FileChange[]> {
  const differences = await treeDifference(objects, before, after, { prefix });
  return Promise.all(differences.map((difference) => fileTexts(objects, difference)));
}
