import { tenantDirectory } from '../../schemas/index.ts';
import { committer } from '../commit/message.ts';
import { EMPTY_TREE, encodeCommit, entryAt, isTree, parseTrailers, signerOf, signSsh, spliceTree, TREE_MODE } from '../git/index.ts';
import type { ObjectDraft, ObjectReader, ParsedCommit, Person, StateKey } from '../git/index.ts';
import { changedTenants } from '../state/changed-tenants.ts';

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

const operator: Person = { name: 'operator', email: 'operator@users.noreply.cameleer.io' };
/** More than people and platform write; a longer one is not searched for names. */
const longestMessage = 8_000;
const mostParts = 12;
const neutral = 'Change that concerns more than this tenant\n';

/** The tenant's tree in a root tree. */
export async function tenantTree(objects: ObjectReader, tenant: string, root: string): Promise<string | undefined> {
  const entry = await entryAt(objects, root, tenantDirectory(tenant));
  return isTree(entry) ? entry?.oid : undefined;
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
  const message = (await isOwn(source, commit)) ? commit.message : neutral;
  const { seconds, zone } = commit.committer;
  const fields = {
    tree: root,
    parents: before.head === undefined ? [] : [before.head],
    author: { ...authorFor(tenant, commit.author), seconds: commit.author.seconds, zone: commit.author.zone },
    committer: { ...committer, seconds, zone },
    message: withTrailer(message, `Source-Commit: ${commit.id}`, signerOf(commit)?.equals(key.publicBytes) === true),
  };
  return { head: draft.add('commit', encodeCommit(fields, (payload) => signSsh(payload, key))), tree };
}

/** Opaque ids are for everybody; the name and address that an operator's own git writes are not for tenants. */
function authorFor(tenant: string, { name, email }: Person): Person {
  const opaque = /^usr_[a-z0-9]{16}$/.test(name) || name.startsWith(`${tenant}/`);
  return opaque && email.endsWith('@users.noreply.cameleer.io') ? { name, email } : operator;
}

/** Whether the commit concerns this tenant alone, and its message names no other. */
async function isOwn({ tenant, objects }: TenantSource, commit: ParsedCommit): Promise<boolean> {
  const [parent] = commit.parents;
  const before = parent === undefined ? EMPTY_TREE : (await objects.commit(parent)).tree;
  const change = await changedTenants(objects, before, commit.tree);
  if (change.platform || [...change.tenants.keys()].some((id) => id !== tenant)) return false;
  if (commit.message.length > longestMessage) return false;
  for (const name of namesIn(commit.message)) {
    if (name !== tenant && (await tenantTree(objects, name, commit.tree)) !== undefined) return false;
  }
  return true;
}

/** Whatever in a text could be the id of a tenant, also as part of a namespace or of a longer word with hyphens. */
function namesIn(text: string): Set<string> {
  const names = new Set<string>();
  for (const word of text.toLowerCase().match(/[a-z0-9-]+/g) ?? []) {
    const parts = word.split('-').slice(0, mostParts);
    for (const start of parts.keys()) for (let end = start + 1; end <= parts.length; end += 1) names.add(parts.slice(start, end).join('-'));
  }
  return new Set([...names].filter((name) => /^[a-z][a-z0-9-]{1,19}$/.test(name)));
}

/** What we sign, we say: trailers of somebody else's stay text, in a paragraph that is not the last. */
function withTrailer(message: string, trailer: string, own: boolean): string {
  const text = message.trimEnd();
  return `${text}${own && parseTrailers(text).size > 0 ? '\n' : '\n\n'}${trailer}\n`;
}
