import { open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { tenantDirectory } from '../../schemas/index.ts';
import { copyObject, copyTree, createRepository, isObjectId, logCommits, ObjectDraft, ObjectStore, readReference, setReference, writingPiles } from '../git/index.ts';
import { tenantTree } from '../state/tenant-tree.ts';
import { replaceFolder } from './replace-folder.ts';
import { tenantCommit } from './tenant-commit.ts';
import type { Published, TenantSource } from './tenant-commit.ts';

export interface TenantPublicationSource extends TenantSource {
  /** The state repository, and where its `main` is. */
  readonly directory: string;
  readonly main: string;
}

/** Up to which commit of `main` a publication has been made. A hint: one that does not fit is not believed. */
interface Position {
  readonly version: number;
  readonly main: string;
  readonly head: string;
}

/** Goes up when the same `main` would be published as other commits. */
const version = 2;
const branch = 'refs/heads/main';
const fileName = 'cameleer-position.json';

/**
 * Brings a tenant's publication to the head of `main`: for each commit of `main` that changed the tenant, one that holds its
 * subtree alone. Made anew when `main` was rewritten, and when a tenant of the same name comes after one that is gone: it is
 * another customer's. False when there never was such a tenant.
 */
export async function bringTenant(source: TenantPublicationSource, target: string): Promise<boolean> {
  const position = await positionOf(target);
  if (position?.main === source.main) return true;
  if (position !== undefined && (await goOn(source, target, position))) return true;
  const changes = await changesOf(source, undefined);
  if (changes.length === 0) return false;
  const commits = changes.slice(await beginOf(source, changes));
  await replaceFolder(target, async (folder) => {
    await createRepository(folder);
    await publish(source, folder, { before: { head: undefined, tree: undefined }, commits });
  });
  return true;
}

/** False when the position is not on `main` any more. */
async function goOn(source: TenantPublicationSource, target: string, position: Position): Promise<boolean> {
  const { directory, main, objects, tenant } = source;
  const [oldest] = await logCommits(directory, { from: main, without: position.main, order: 'oldest' }).catch(() => []);
  if (oldest === undefined || (await objects.commit(oldest)).parents[0] !== position.main) return false;
  const commits = await changesOf(source, position.main);
  const tree = await tenantTree(objects, tenant, (await objects.commit(position.main)).tree);
  if (commits.length > 0 && (tree === undefined || (await beginOf(source, commits)) > 0)) return false;
  await publish(source, target, { before: { head: position.head, tree }, commits });
  return true;
}

/** Where the tenant of now begins among its changes: behind the last removal, but for one that nothing has followed. */
async function beginOf({ objects, tenant }: TenantPublicationSource, changes: readonly string[]): Promise<number> {
  for (let at = changes.length - 1; at > 0; at -= 1) {
    const before = changes[at - 1];
    if (before !== undefined && (await tenantTree(objects, tenant, (await objects.commit(before)).tree)) === undefined) return at;
  }
  return 0;
}

/** Commits of `main` along first parents that changed the tenant, oldest first. */
function changesOf({ directory, main, tenant }: TenantPublicationSource, without: string | undefined): Promise<string[]> {
  return logCommits(directory, { from: main, paths: [tenantDirectory(tenant)], order: 'oldest', ...(without === undefined ? {} : { without }) });
}

async function publish(source: TenantPublicationSource, target: string, { before, commits }: { before: Published; commits: readonly string[] }): Promise<void> {
  const store = new ObjectStore(target);
  const { objects } = source;
  const draft = new ObjectDraft(objects);
  const copy = { objects, draft, relieve: writingPiles(store), copyLarge: (oid: string) => copyObject(source.directory, target, oid), copied: new Set<string>() };
  try {
    let published = before;
    for (const id of commits) {
      const next = await tenantCommit(source, draft, published, await objects.commit(id));
      if (next.tree !== undefined) await copyTree(copy, published.tree, next.tree);
      published = next;
    }
    if (draft.bytes > 0) await store.write(draft.objects());
    const { head } = published;
    if (head === undefined) return;
    if (head !== before.head) await setReference(target, branch, head);
    await writePosition(target, { version, main: source.main, head });
  } finally {
    store.close();
  }
}

async function positionOf(target: string): Promise<Position | undefined> {
  try {
    const position = JSON.parse(await readFile(join(target, fileName), 'utf8')) as Position;
    const known = position.version === version && isObjectId(position.main) && (await readReference(target, branch)) === position.head;
    return known ? position : undefined;
  } catch {
    return undefined;
  }
}

async function writePosition(target: string, position: Position): Promise<void> {
  const path = join(target, fileName);
  const file = await open(`${path}.new`, 'w');
  try {
    await file.writeFile(JSON.stringify(position));
  } finally {
    await file.close();
  }
  await rename(`${path}.new`, path);
}
