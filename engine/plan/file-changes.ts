import { MAX_FILE_BYTES, refOfPath } from '../../schemas/index.ts';
import type { FileChange } from '../change.ts';
import { EngineError } from '../engine-error.ts';
import { isTree, treeDifference } from '../git/index.ts';
import type { EntryChange, ObjectReader, TreeEntry } from '../git/index.ts';
import { unlessTooLarge } from '../unless-too-large.ts';

/** Some hundred bytes more for each object of ten thousand tenants than they have. */
const mostCharacters = 256 * 1024 * 1024;
const atOnce = 64;

async function textOf(objects: ObjectReader, entry: TreeEntry | undefined): Promise<string | undefined> {
  if (entry === undefined || isTree(entry)) return undefined;
  if (entry.mode === '160000') return '';
  return (await objects.blob(entry.oid, MAX_FILE_BYTES)).content?.toString('utf8') ?? '';
}

/** A file that differs, with both texts. */
export async function fileTexts(objects: ObjectReader, { path, before, after }: EntryChange): Promise<FileChange> {
  return { path, ref: refOfPath(path), before: await textOf(objects, before), after: await textOf(objects, after) };
}

/**
 * The files that differ between two trees, with both texts; reads nothing else. `prefix`: where the trees stand, with a slash at
 * its end. Throws `invalid` when it is more text than can be looked at together.
 */
export async function fileChanges(objects: ObjectReader, before: string, after: string, prefix = ''): Promise<FileChange[]> {
  const differences = await unlessTooLarge(treeDifference(objects, before, after, { prefix }));
  const files: FileChange[] = [];
  let characters = 0;
  for (let start = 0; start < differences.length; start += atOnce) {
    const read = await Promise.all(differences.slice(start, start + atOnce).map((difference) => fileTexts(objects, difference)));
    for (const file of read) characters += (file.before?.length ?? 0) + (file.after?.length ?? 0);
    if (characters > mostCharacters) throw new EngineError('invalid', `The change is of more than ${mostCharacters} characters. Make it in steps.`);
    files.push(...read);
  }
  return files;
}
