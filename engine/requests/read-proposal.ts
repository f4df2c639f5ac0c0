import { MAX_FILE_BYTES, refOfPath } from '../../schemas/index.ts';
import type { Change, Door, FileChange } from '../change.ts';
import { EngineError } from '../engine-error.ts';
import { FILE_MODE, GitError, parseTrailers, treeDifference } from '../git/index.ts';
import type { ObjectReader, TreeEntry } from '../git/index.ts';
import type { Proposal, RequestRef } from './types.ts';

/** What a request asks for, or what one that was merged did, from the commit alone. Throws `request_gone` when the commit is no longer there. */
export async function readProposal(objects: ObjectReader, request: RequestRef): Promise<Proposal> {
  try {
    const { parents: [parent], tree, message, author } = await objects.commit(request.commit);
    if (parent === undefined) throw new TypeError('A change request stands on a commit of main.');
    const base = await standsFor(objects, parent);
    const files = await filesBetween(objects, (await objects.commit(base)).tree, tree);
    return { ...request, base, change: changeOf(message, author.name), files };
  } catch (error) {
    if (!(error instanceof GitError) || error.code !== 'object_missing') throw error;
    throw new EngineError('request_gone', `The commit of change request ${request.number} is no longer in the state repository. Close the request and make the change anew.`, { cause: error });
  }
}

/** Trailer `Cameleer-Action` of the commit on which a later revision of a request stands. */
export const joinAction = 'request.join';

/**
 * The commit of `main` for which a commit stands: itself, or what it joined to a request's earlier revisions, which had been
 * taken back before, so that its tree is that of `main`.
 */
export async function standsFor(objects: ObjectReader, id: string): Promise<string> {
  const { parents: [, joined], tree, message } = await objects.commit(id);
  const joins = joined !== undefined && parseTrailers(message).get('Cameleer-Action')?.includes(joinAction) === true;
  return joins && (await objects.commit(joined)).tree === tree ? joined : id;
}

/** The change as the commit's message tells it: the inverse of `messageOf`. */
function changeOf(message: string, author: string): Change {
  const trailers = parseTrailers(message);
  const first = (name: string) => trailers.get(name)?.[0];
  const [subject = '', ...paragraphs] = message.trimEnd().split(/\n{2,}/);
  const places = { tenant: first('Cameleer-Tenant'), environment: first('Cameleer-Environment'), application: first('Cameleer-Application') };
  return {
    action: first('Cameleer-Action') ?? 'request.open',
    actor: first('Cameleer-Actor') ?? author,
    door: (first('Cameleer-Door') ?? 'push') as Door,
    requestId: first('Request-Id') ?? '',
    subject,
    body: paragraphs.slice(0, -1).join('\n\n'),
    ...(trailers.has('Approved-By') ? { approvedBy: trailers.get('Approved-By') ?? [] } : {}),
    ...Object.fromEntries(Object.entries(places).filter(([, value]) => value !== undefined)),
  };
}

/**
 * The plain text files that differ between two trees. Throws `invalid` for what is none: it could not be put on another head
 * byte for byte.
 */
export async function filesBetween(objects: ObjectReader, before: string, after: string): Promise<FileChange[]> {
  const changes = await treeDifference(objects, before, after);
  return Promise.all(changes.map(async (change) => ({
    path: change.path,
    ref: refOfPath(change.path),
    before: await textOf(objects, change.path, change.before),
    after: await textOf(objects, change.path, change.after),
  })));
}

async function textOf(objects: ObjectReader, path: string, entry: TreeEntry | undefined): Promise<string | undefined> {
  if (entry === undefined) return undefined;
  const { content } = entry.mode === FILE_MODE ? await objects.blob(entry.oid, MAX_FILE_BYTES) : { content: undefined };
  const text = content?.toString('utf8');
  if (content === undefined || text === undefined || !Buffer.from(text).equals(content)) {
    throw new EngineError('invalid', `A change request takes plain UTF-8 files of at most ${MAX_FILE_BYTES} bytes; ${path} is none.`);
  }
  return text;
}
