import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isObjectId } from './object-id.ts';
import { runGit } from './run-git.ts';

async function textOf(path: string): Promise<string | undefined> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'EISDIR' || error.code === 'ENOTDIR') return undefined;
    throw error;
  });
}

async function looseValue(directory: string, name: string): Promise<string | undefined> {
  const text = (await textOf(join(directory, name)))?.trim();
  return text !== undefined && isObjectId(text) ? text : undefined;
}

async function packedValue(directory: string, name: string): Promise<string | undefined> {
  const line = (await textOf(join(directory, 'packed-refs')))?.split('\n').find((candidate) => candidate.endsWith(` ${name}`));
  const id = line?.slice(0, 40);
  return id !== undefined && isObjectId(id) ? id : undefined;
}

/** Value of a ref, `undefined` when there is none. Loose wins over packed; a ref that is being packed is found in the second look. */
export async function readReference(directory: string, name: string): Promise<string | undefined> {
  return (await looseValue(directory, name)) ?? (await packedValue(directory, name)) ?? looseValue(directory, name);
}

/** The refs of these names that there are. */
export async function readReferences(directory: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all(names.map(async (name) => [name, await readReference(directory, name)] as const));
  return new Map(found.flatMap(([name, id]) => (id === undefined ? [] : [[name, id] as const])));
}

/** Refs below a prefix that ends with `/`, by name. */
export async function listReferences(directory: string, prefix: string): Promise<Map<string, string>> {
  const output = await runGit(directory, ['for-each-ref', '--format=%(objectname) %(refname)', prefix]);
  const lines = output.toString('utf8').split('\n').filter((line) => line !== '');
  return new Map(lines.map((line) => [line.slice(41), line.slice(0, 40)]));
}

/** Moves a ref of a repository of ours whose readers only read. What is derived is not waited for on the disk. */
export async function setReference(directory: string, name: string, id: string): Promise<void> {
  await runGit(directory, ['update-ref', name, id]);
}

/** Deletes a ref that still has the value. Throws `git_failed` when it has another one. */
export async function deleteReference(directory: string, name: string, id: string): Promise<void> {
  await runGit(directory, ['-c', 'core.fsync=all', 'update-ref', '-d', name, id]);
}

/** What a clone checks out. */
export async function setHead(directory: string, name: string): Promise<void> {
  await runGit(directory, ['symbolic-ref', 'HEAD', name]);
}
