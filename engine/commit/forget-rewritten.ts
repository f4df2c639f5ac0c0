import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { deleteReference, isAncestor } from '../git/index.ts';
import type { Repository } from '../git/index.ts';
import { cellPrefix, mainReference, rewrittenPrefix } from './branches.ts';
import { readCellCommit, unlessDamaged } from './read-cell-commit.ts';

/** Longer than it takes to notice that history was rewritten by mistake. */
const keptMilliseconds = 90 * 24 * 60 * 60 * 1000;

/**
 * Deletes the refs that keep what somebody took off `main`, once they are old: then it is collected like anything that
 * nothing refers to. One that a quarantined tenant's last good tree stands on is kept. Answers the names of those deleted.
 */
export async function forgetRewritten(repository: Repository, now: Date): Promise<readonly string[]> {
  const deleted: string[] = [];
  let needed: readonly string[] | undefined;
  for (const [name, commit] of await repository.references(rewrittenPrefix)) {
    if (now.getTime() - (await sinceWhen(repository, name, commit)) < keptMilliseconds) continue;
    needed ??= await heldOffMain(repository);
    const held = await Promise.all(needed.map((good) => isAncestor(repository.directory, good, commit)));
    if (held.includes(true)) continue;
    await deleteReference(repository.directory, name, commit);
    deleted.push(name);
  }
  return deleted;
}

/** The ref's file says when it was made; packed, it is at least as old as its commit and no older than the file it is in. */
async function sinceWhen({ directory, objects }: Repository, name: string, commit: string): Promise<number> {
  const found = (await stat(join(directory, name)).catch(() => undefined)) ?? (await stat(join(directory, 'packed-refs')).catch(() => undefined));
  const made = (await objects.commit(commit).catch(unlessDamaged))?.committer.seconds ?? 0;
  return Math.max(found?.mtimeMs ?? 0, made * 1000);
}

/** Commits off `main` whose trees are in force for a tenant. */
async function heldOffMain(repository: Repository): Promise<readonly string[]> {
  const main = await repository.reference(mainReference);
  const good = new Set<string>();
  for (const id of (await repository.references(cellPrefix)).values()) {
    for (const line of (await readCellCommit(repository.objects, id))?.quarantined ?? []) good.add(line.slice(line.lastIndexOf(' ') + 1));
  }
  const off = await Promise.all([...good].map(async (commit) => (main !== undefined && (await isAncestor(repository.directory, commit, main)) ? [] : [commit])));
  return off.flat();
}
