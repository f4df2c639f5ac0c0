import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { isAlive } from './is-alive.ts';
import { isLeftMark, releaseKeptPacks } from './pack-objects.ts';
import { removeLeftQuarantines } from './server/receive-pack.ts';

/** Longer than any write, push or repack may take to give a file its name. */
const abandonedMilliseconds = 60 * 60 * 1000;

/** Folder below the repository → names that a killed process leaves there: ours and git's own. */
const patterns: readonly (readonly [string, RegExp])[] = [
  ['.', /^cameleer-rendered\.json\.[0-9a-f]+\.new$/],
  ['objects', /^(?:tmp_obj_|tmp_objdir-incoming-)/],
  ['objects/pack', /^tmp_/],
  ['objects/info', /^(?:commit-graph\.lock|tmp_)/],
  ['objects/info/commit-graphs', /(?:\.lock$|^tmp_)/],
];

async function list(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch(() => []);
}

/** What a pack without its index, or an index without its pack, consists of: git sees neither. */
async function halves(directory: string): Promise<readonly string[]> {
  const folder = join(directory, 'objects', 'pack');
  const names = new Set(await list(folder));
  return [...names].filter((name) => {
    const [stem = '', ending = ''] = name.split(/(?<=^pack-[0-9a-f]+)\./);
    if (ending === '') return false;
    return !names.has(`${stem}.pack`) || !names.has(`${stem}.idx`);
  }).map((name) => join(folder, name));
}

/**
 * What dead processes left that makes `git repack` fail: its own files, which are named after its process, and packs that never
 * got their index, whose marks name it.
 */
async function inTheWay(directory: string): Promise<readonly string[]> {
  const folder = join(directory, 'objects', 'pack');
  const names = await list(folder);
  const ofRepacks = names.filter((name) => {
    const pid = /^\.tmp-(\d+)-pack-/.exec(name)?.[1];
    return pid !== undefined && !isAlive(Number(pid));
  });
  const halfNamed = names.filter((name) => name.endsWith('.keep') && !names.includes(name.replace(/keep$/, 'idx')));
  const marks = await Promise.all(halfNamed.map(async (name) => (isLeftMark(await readFile(join(folder, name), 'utf8').catch(() => '')) ? [name, name.replace(/keep$/, 'pack')] : [])));
  return [...ofRepacks, ...marks.flat()].map((name) => join(folder, name));
}

async function temporary(directory: string): Promise<readonly string[]> {
  const found = await Promise.all(patterns.map(async ([folder, pattern]) => {
    const names = await list(join(directory, folder));
    return names.filter((name) => pattern.test(name)).map((name) => join(directory, folder, name));
  }));
  const inFolders = (await list(join(directory, 'objects'))).filter((name) => /^[0-9a-f]{2}$/.test(name));
  const loose = await Promise.all(inFolders.map(async (folder) => (await list(join(directory, 'objects', folder))).filter((name) => name.startsWith('tmp_obj_')).map((name) => join(directory, 'objects', folder, name))));
  return [...found.flat(), ...loose.flat()];
}

/** Files that killed processes left in the repository: those in the way of a repack at once, others when nobody has touched them for an hour. */
export async function leftovers(directory: string, now: Date): Promise<readonly string[]> {
  const old: string[] = [];
  for (const path of [...(await temporary(directory)), ...(await halves(directory))]) {
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && now.getTime() - found.mtimeMs > abandonedMilliseconds) old.push(path);
  }
  return [...new Set([...old, ...(await inTheWay(directory))])];
}

/** Removes them, the folders of killed pushes, and the marks of packs that were being written. Answers the removed files. */
export async function removeLeftovers(directory: string, now: Date): Promise<readonly string[]> {
  await removeLeftQuarantines(directory, now);
  const paths = await leftovers(directory, now);
  for (const path of paths) await rm(path, { recursive: true, force: true });
  await releaseKeptPacks(directory, now);
  return paths;
}
