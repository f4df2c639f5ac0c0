import { EMPTY_TREE } from './object-id.ts';
import type { ObjectDraft, ObjectReader } from './object-store.ts';
import { findEntry, isTree, parseTree, spliceEntries, TREE_MODE } from './tree.ts';
import type { TreeEntry } from './tree.ts';

/** The entry at a path below a tree; '' is the tree itself. */
export async function entryAt(objects: ObjectReader, root: string, path: string): Promise<TreeEntry | undefined> {
  let entry: TreeEntry | undefined = { mode: TREE_MODE, oid: root };
  if (path === '') return entry;
  for (const name of path.split('/')) {
    if (entry === undefined || !isTree(entry)) return undefined;
    entry = findEntry(await objects.tree(entry.oid), name);
  }
  return entry;
}

/** Every file below a tree, by path in Git's order, with its entry. Reads trees only. */
export async function listFiles(objects: ObjectReader, root: string, prefix = ''): Promise<Map<string, TreeEntry>> {
  return new Map(await filesBelow(objects, root, prefix));
}

type File = readonly [path: string, entry: TreeEntry];

async function filesBelow(objects: ObjectReader, tree: string, prefix: string): Promise<readonly File[]> {
  const entries = parseTree(await objects.tree(tree));
  const below = entries.map(({ name, mode, oid }) => {
    const path = `${prefix}${name}`;
    return mode === TREE_MODE ? filesBelow(objects, oid, `${path}/`) : Promise.resolve<readonly File[]>([[path, { mode, oid }]]);
  });
  return (await Promise.all(below)).flat();
}

type Edits = ReadonlyMap<string, TreeEntry | null>;

function groupByFolder(edits: Edits): { here: Map<string, TreeEntry | null>; below: Map<string, Map<string, TreeEntry | null>> } {
  const here = new Map<string, TreeEntry | null>();
  const below = new Map<string, Map<string, TreeEntry | null>>();
  for (const [path, entry] of edits) {
    const slash = path.indexOf('/');
    if (slash < 0) {
      here.set(path, entry);
      continue;
    }
    const folder = path.slice(0, slash);
    const inside = below.get(folder) ?? new Map<string, TreeEntry | null>();
    below.set(folder, inside.set(path.slice(slash + 1), entry));
  }
  return { here, below };
}

/**
 * The tree with entries set or (`null`) removed at paths; an entry may be a whole folder. Only the trees on the way to the
 * edits are read and made anew; folders left empty vanish, as Git has none. Answers with the new root's id.
 */
export async function spliceTree(objects: ObjectDraft, root: string, edits: Edits): Promise<string> {
  if (edits.size === 0) return root;
  const raw = await objects.tree(root);
  const { here, below } = groupByFolder(edits);
  for (const [folder, inside] of below) {
    const current = here.get(folder) ?? findEntry(raw, folder);
    const tree = await spliceTree(objects, current !== null && isTree(current) && current !== undefined ? current.oid : EMPTY_TREE, inside);
    here.set(folder, tree === EMPTY_TREE ? null : { mode: TREE_MODE, oid: tree });
  }
  const spliced = spliceEntries(raw, here);
  return spliced.length === 0 ? EMPTY_TREE : objects.add('tree', spliced, root);
}
