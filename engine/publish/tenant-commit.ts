import { tenantDirectory } from '../../schemas/index.ts';
import { committer } from '../commit/message.ts';
import { EMPTY_TREE, encodeCommit, parseTrailers, signerOf, signSsh, spliceTree, TREE_MODE } from '../git/index.ts';
import type { ObjectDraft, ObjectReader, ParsedCommit, StateKey } from '../git/index.ts';
import { tenantTree } from '../state/tenant-tree.ts';
import { wordsForTenant } from './words-for-tenant.ts';

/** A tenant's published history as far as it has been made. */
export interface Published {
  /** Its last commit; `undefined` before the first. */
  readonly head: string | undefined;
  /** The tenant's own tree at that commit; `undefined`: it had none. */
  readonly tree: string | undefined;
}

export interface TenantSource {
  readonly tenant: string;
  readonly objects: ObjectReader;
  readonly key: StateKey;
}

/**
 * Makes the commit of a tenant's history that stands for one of `main`: the tenant's subtree alone, and a message that says
 * nothing of anybody else. Everything in it derives from that commit, the one before and the key, so its id can be made again.
 */
export async function tenantCommit(source: TenantSource, draft: ObjectDraft, before: Published, commit: ParsedCommit): Promise<Published> {
  const { tenant, objects, key } = source;
  const tree = await tenantTree(objects, tenant, commit.tree);
  if (tree === before.tree) return before;
  const root = tree === undefined ? EMPTY_TREE : await spliceTree(draft, EMPTY_TREE, new Map([[tenantDirectory(tenant), { mode: TREE_MODE, oid: tree }]]));
  if (tree === undefined) draft.add('tree', Buffer.alloc(0));
  const { author, message } = await wordsForTenant(source, commit);
  const { seconds, zone } = commit.committer;
  const fields = {
    tree: root,
    parents: before.head === undefined ? [] : [before.head],
    author: { ...author, seconds: commit.author.seconds, zone: commit.author.zone },
    committer: { ...committer, seconds, zone },
    message: withTrailer(message, `Source-Commit: ${commit.id}`, signerOf(commit)?.equals(key.publicBytes) === true),
  };
  return { head: draft.add('commit', encodeCommit(fields, (payload) => signSsh(payload, key))), tree };
}

/** What we sign, we say: trailers of somebody else's stay text, in a paragraph that is not the last. */
function withTrailer(message: string, trailer: string, own: boolean): string {
  const text = message.trimEnd();
  return `${text}${own && parseTrailers(text).size > 0 ? '\n' : '\n\n'}${trailer}\n`;
}
