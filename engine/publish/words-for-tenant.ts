import { dirname } from 'node:path/posix';
import { tenantDirectory } from '../../schemas/index.ts';
import { EMPTY_TREE, entryAt, isTree, Lru, parseTree } from '../git/index.ts';
import type { ObjectReader, ParsedCommit, Person } from '../git/index.ts';
import { changedTenants } from '../state/changed-tenants.ts';

export interface Reader {
  /** Whose people read it. */
  readonly tenant: string;
  readonly objects: ObjectReader;
}

/** Who made a commit, and what they said. */
export interface Words {
  readonly author: Person;
  readonly message: string;
}

const operator: Person = { name: 'operator', email: 'operator@users.noreply.cameleer.io' };
/** More than people and platform write; a longer one is not searched for names. */
const longestMessage = 8_000;
/** Between hyphens: an id has at most twenty characters. */
const mostParts = 10;
const neutral = 'Change that concerns more than this tenant\n';

/** What a tenant's people may read of who made a commit and why: nothing of anybody else. */
export async function wordsForTenant(reader: Reader, commit: ParsedCommit): Promise<Words> {
  return { author: authorFor(reader.tenant, commit.author), message: (await isOwn(reader, commit)) ? commit.message : neutral };
}

/** Opaque ids are for everybody; the name and address that an operator's own git writes are not for tenants. */
export function isOpaque(tenant: string, name: string): boolean {
  return /^usr_[a-z0-9]{16}$/.test(name) || name.startsWith(`${tenant}/`);
}

function authorFor(tenant: string, { name, email }: Person): Person {
  return isOpaque(tenant, name) && email.endsWith('@users.noreply.cameleer.io') ? { name, email } : operator;
}

/** What came of it for the commits that were read lately: whoever reads asks about the same again. */
const answers = new Lru<string, boolean>(8_192);

/** Whether the commit concerns this tenant alone, and its message names no other. */
async function isOwn(reader: Reader, commit: ParsedCommit): Promise<boolean> {
  const key = `${reader.tenant} ${commit.id}`;
  const known = answers.get(key);
  if (known !== undefined) return known;
  const own = await concernsAlone(reader, commit);
  answers.set(key, own);
  return own;
}

async function concernsAlone({ tenant, objects }: Reader, commit: ParsedCommit): Promise<boolean> {
  const [parent] = commit.parents;
  const before = parent === undefined ? EMPTY_TREE : (await objects.commit(parent)).tree;
  const change = await changedTenants(objects, before, commit.tree);
  if (change.platform || [...change.tenants.keys()].some((id) => id !== tenant)) return false;
  if (commit.message.length > longestMessage) return false;
  return !(await isTenantAmong([...namesIn(commit.message)].filter((name) => name !== tenant), objects, commit.tree));
}

/** Whether one of the names is a tenant's in a root tree. Each folder is searched once, however many names a text may hold. */
async function isTenantAmong(names: readonly string[], objects: ObjectReader, root: string): Promise<boolean> {
  const folders = Map.groupBy(names, (name) => dirname(tenantDirectory(name)));
  for (const [path, wanted] of folders) {
    const folder = await entryAt(objects, root, path);
    if (folder === undefined || !isTree(folder)) continue;
    const there = new Set(parseTree(await objects.tree(folder.oid)).filter(isTree).map(({ name }) => name));
    if (wanted.some((name) => there.has(name))) return true;
  }
  return false;
}

/** Whatever in a text could be the id of a tenant, also as part of a namespace or of a longer word with hyphens. */
function namesIn(text: string): Set<string> {
  const names = new Set<string>();
  for (const word of text.toLowerCase().match(/[a-z0-9-]+/g) ?? []) {
    const parts = word.split('-');
    for (const start of parts.keys()) for (let end = start + 1; end <= Math.min(parts.length, start + mostParts); end += 1) names.add(parts.slice(start, end).join('-'));
  }
  return new Set([...names].filter((name) => /^[a-z][a-z0-9-]{1,19}$/.test(name)));
}
