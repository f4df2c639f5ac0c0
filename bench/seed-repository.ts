import { EMPTY_TREE, encodeCommit, FILE_MODE, ObjectDraft, spliceTree, TREE_MODE } from '../engine/git/index.ts';
import type { Repository, TreeEntry } from '../engine/git/index.ts';
import { tenantDirectory } from '../schemas/index.ts';
import type { GeneratedState } from './state.ts';

/** Commits a generated state to a new repository's `main`, without validating it: the first start does. */
export async function seedRepository(repository: Repository, state: GeneratedState): Promise<void> {
  const objects = new ObjectDraft(repository.objects);
  const blob = (text: string): TreeEntry => ({ mode: FILE_MODE, oid: objects.add('blob', Buffer.from(text)) });
  const edits = new Map<string, TreeEntry | null>([...state.platform].map(([path, text]) => [path, blob(text)]));
  for (const id of state.tenantIds) {
    const folder = tenantDirectory(id);
    const files = new Map<string, TreeEntry | null>([...state.tenant(id)].map(([path, text]) => [path.slice(folder.length + 1), blob(text)]));
    edits.set(folder, { mode: TREE_MODE, oid: await spliceTree(objects, EMPTY_TREE, files) });
    if (objects.bytes < 32 * 1024 * 1024) continue;
    await repository.objects.write(objects.objects());
    objects.clear();
  }
  const tree = await spliceTree(objects, EMPTY_TREE, edits);
  const stamp = { name: 'usr_op3rat0r00000001', email: 'usr_op3rat0r00000001@users.noreply.cameleer.io', seconds: Math.floor(Date.now() / 1000), zone: '+0000' };
  const commit = objects.add('commit', encodeCommit({ tree, parents: [], author: stamp, committer: stamp, message: 'Seed\n' }));
  await repository.objects.write(objects.objects());
  await repository.move({ name: 'refs/heads/main', before: undefined, after: commit }, new Date());
}
