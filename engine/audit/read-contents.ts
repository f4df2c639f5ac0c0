import { isTree, parseTree } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import { ahead } from './clone.ts';

/** More than any rendered file has. */
const mostBytes = 64 * 1024 * 1024;
/** Folders at once, on each level. */
const atOnce = 4;

/**
 * Reads every file below a tree, with a reader that compares each with its id: that a tree has the right id says nothing of what
 * a repository holds under it. Answers how many there are. Throws `GitError` `object_corrupt`, `object_missing`.
 */
export async function readContents(objects: ObjectReader, root: string): Promise<number> {
  const entries = parseTree(await objects.tree(root));
  const [folders, files] = [entries.filter(isTree), entries.filter((entry) => !isTree(entry))];
  await Promise.all(files.map(({ oid }) => objects.blob(oid, mostBytes)));
  let count = files.length;
  for await (const below of ahead(folders, ({ oid }) => readContents(objects, oid), atOnce)) count += below;
  return count;
}
