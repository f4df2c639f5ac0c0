import { hasErrors, validateState } from '../schemas/index.ts';
import type { RawFile } from '../schemas/index.ts';
import type { Change } from './change.ts';
import { authorOf, committer, messageOf } from './commit/message.ts';
import { mainReference } from './commit/branches.ts';
import { EngineError } from './engine-error.ts';
import { createRepository, EMPTY_TREE, encodeCommit, FILE_MODE, ObjectDraft, objectId, openRepository, readStateKey, signSsh, spliceTree } from './git/index.ts';
import type { TreeEntry } from './git/index.ts';

export interface InitOptions {
  /** Where the bare repository is made; the folder may exist and be empty. */
  readonly directory: string;
  /** The whole state: path → text. */
  readonly files: ReadonlyMap<string, string>;
  readonly change: Change;
  readonly signingKey: string | Uint8Array;
  readonly now: Date;
}

function rawFile(path: string, text: string): RawFile {
  const bytes = Buffer.from(text);
  return { path, mode: 'file', oid: objectId('blob', bytes), size: bytes.length, bytes };
}

/**
 * Makes a state repository with one signed commit and answers with its id. Cells are rendered when an engine opens it.
 * Throws `invalid` with all problems, and `conflict` when there is a branch `main` already; then nothing was changed.
 */
export async function initRepository({ directory, files, change, signingKey, now }: InitOptions): Promise<string> {
  const key = readStateKey(signingKey);
  const problems = validateState([...files].map(([path, text]) => rawFile(path, text)));
  if (hasErrors(problems)) throw new EngineError('invalid', 'The seed is not a valid state. Correct what the problems name.', { problems });
  await createRepository(directory);
  const repository = await openRepository(directory, now);
  try {
    if ((await repository.reference(mainReference)) !== undefined) throw new EngineError('conflict', `${directory} already holds a state repository.`);
    const objects = new ObjectDraft(repository.objects);
    const edits = new Map<string, TreeEntry | null>([...files].map(([path, text]) => [path, { mode: FILE_MODE, oid: objects.add('blob', Buffer.from(text)) }]));
    const tree = await spliceTree(objects, EMPTY_TREE, edits);
    const stamp = { seconds: Math.floor(now.getTime() / 1000), zone: '+0000' };
    const fields = { tree, parents: [], author: { ...authorOf(change.actor), ...stamp }, committer: { ...committer, ...stamp }, message: messageOf(change) };
    const commit = objects.add('commit', encodeCommit(fields, (payload) => signSsh(payload, key)));
    await repository.objects.write(objects.objects());
    await repository.move({ name: mainReference, before: undefined, after: commit }, now);
    return commit;
  } finally {
    await repository.close();
  }
}
