import { readdir, readFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { checkCells, lastSoundCommit } from './check-cells.ts';
import type { CellVerdict } from './check-cells.ts';
import { cellPrefix, mainReference, rewrittenPrefix } from './commit/branches.ts';
import {
  commitGraphIsSound, damagedFiles, deleteReference, EMPTY_TREE, findStaleLocks, isAncestor, isConnected, isObjectId, isUnreadable, leftovers, listReferences, logCommits, ObjectStore, putBack, readReference, removeCommitGraph, removeLeftovers, removeStaleLocks, setDamagedAside, setReference, signerOf,
} from './git/index.ts';
import { changedTenants } from './state/changed-tenants.ts';
import { readCheckpoint, removeCheckpoint } from './state/checkpoint.ts';

/** What is wrong with a repository, without a word of what to do. */
export interface RepositoryFault {
  readonly code:
    | 'main_missing' | 'ref_damaged' | 'object_damaged' | 'object_missing' | 'lock_left' | 'files_left' | 'commit_graph_wrong' | 'checkpoint_wrong' | 'main_set_back' | 'main_rewritten' | 'main_unreadable'
    | 'cell_behind' | 'cell_ahead' | 'cell_differs' | 'cell_foreign' | 'cell_missing' | 'commit_unsigned' | 'signature_invalid';
  /** What it concerns: a path, a ref, a commit. */
  readonly where: string;
  readonly repaired: boolean;
}

export interface InspectOptions {
  readonly directory: string;
  /** Public keys of the platform, `ssh-ed25519 …`. */
  readonly signers: readonly string[];
  /** Nobody writes meanwhile, so what is safe is repaired. */
  readonly repair: boolean;
  readonly now: Date;
}

type Check = (options: InspectOptions) => Promise<readonly RepositoryFault[]>;

const lookedAt = 1_000;

const fault = (code: RepositoryFault['code'], where: string, repaired = false): RepositoryFault => ({ code, where, repaired });

const locks: Check = async ({ directory, repair, now }) => {
  const found = await findStaleLocks(directory, now);
  const removed = repair ? await removeStaleLocks(directory, now) : [];
  return found.map((path) => fault('lock_left', path, removed.includes(path)));
};

const files: Check = async ({ directory, repair, now }) => {
  const found = await leftovers(directory, now);
  if (repair && found.length > 0) await removeLeftovers(directory, now);
  return found.map((path) => fault('files_left', path, repair));
};

/** A ref whose file was not flushed may be empty after a power failure. */
const references: Check = async ({ directory }) => {
  const names = ['refs/heads/main', ...[...(await cellNames(directory))].map((cell) => `${cellPrefix}${cell}`)];
  const faults: RepositoryFault[] = [];
  for (const name of names) {
    const text = await readFile(join(directory, name), 'utf8').catch(() => undefined);
    if (text !== undefined && !isObjectId(text.trim())) faults.push(fault('ref_damaged', name));
    else if (name === mainReference && (await readReference(directory, name)) === undefined) faults.push(fault('main_missing', name));
  }
  return faults;
};

async function cellNames(directory: string): Promise<ReadonlySet<string>> {
  return new Set((await readdir(join(directory, cellPrefix)).catch(() => [])).filter((name) => !name.endsWith('.lock')));
}

const objects: Check = async ({ directory, repair }) => {
  const damaged = await damagedFiles(directory);
  const aside = repair && damaged.length > 0 && (await setDamagedAside(directory, damaged));
  const faults = damaged.map((path) => fault('object_damaged', path, aside));
  if (await isConnected(directory)) return faults;
  const back = repair && (await putBack(directory)) > 0 && (await isConnected(directory));
  return [...faults, fault('object_missing', mainReference, back)];
};

const commitGraph: Check = async ({ directory, repair }) => {
  const there = ['commit-graph', 'commit-graphs'].some((name) => existsSync(join(directory, 'objects/info', name)));
  if (!there || (await commitGraphIsSound(directory))) return [];
  if (repair) await removeCommitGraph(directory);
  return [fault('commit_graph_wrong', 'objects/info/commit-graphs', repair)];
};

/** What this process wrote down last says where `main` was: a ref that was set back, or lost its last update, is behind it. */
const checkpoint: Check = async ({ directory, repair }) => {
  const found = await readCheckpoint(directory);
  if (found === undefined) {
    if (!existsSync(join(directory, 'cameleer-rendered.json'))) return [];
    if (repair) await removeCheckpoint(directory);
    return [fault('checkpoint_wrong', 'cameleer-rendered.json', repair)];
  }
  const main = await readReference(directory, mainReference);
  if (main === undefined || (await isAncestor(directory, found.main, main))) return [];
  if (await isAncestor(directory, main, found.main)) return [fault('main_set_back', found.main)];
  const known = await listReferences(directory, rewrittenPrefix);
  if ([...known.values()].includes(found.main)) return [fault('main_rewritten', found.main)];
  if (repair) await removeCheckpoint(directory);
  return [fault('checkpoint_wrong', found.main, repair)];
};

/** Above the tenants: what is below quarantines its tenant. */
const readable: Check = async ({ directory }) => {
  const main = await readReference(directory, mainReference);
  const store = new ObjectStore(directory);
  const reasonOf = async (id: string) => store.commit(id).then(({ tree }) => changedTenants(store, EMPTY_TREE, tree)).then(() => undefined, (error: unknown) => {
    if (isUnreadable(error)) return error.message;
    throw error;
  });
  try {
    const reason = main === undefined ? undefined : await reasonOf(main);
    if (main === undefined || reason === undefined) return [];
    const before = await logCommits(directory, { from: main, limit: lookedAt });
    for (const id of before) if ((await reasonOf(id)) === undefined) return [fault('main_unreadable', `${main}: ${reason} The last commit that can be read is ${id}.`)];
    return [fault('main_unreadable', `${main}: ${reason}`)];
  } finally {
    store.close();
  }
};

const cells: Check = async (options) => {
  const { directory, signers, repair } = options;
  const verdicts = (await checkCells({ directory, signers })).filter(({ state }) => state !== 'equal');
  const differing = verdicts.filter(({ state }) => state === 'differs');
  for (const { cell, commit } of repair ? differing : []) await goBack(options, cell, commit ?? '');
  return verdicts.map((verdict) => faultOf(verdict, repair));
};

function faultOf({ cell, state, commit }: CellVerdict, repair: boolean): RepositoryFault {
  return fault(`cell_${state === 'equal' ? 'behind' : state}`, commit === undefined ? `cells/${cell}` : `cells/${cell} at ${commit}`, repair && state === 'differs');
}

/** The next start finds the cell behind, or gone, and renders what is missing; it must not begin at what is wrong. */
async function goBack(options: InspectOptions, cell: string, commit: string): Promise<void> {
  const sound = await lastSoundCommit(options, cell, commit);
  if (sound === undefined) await deleteReference(options.directory, `${cellPrefix}${cell}`, commit);
  else await setReference(options.directory, `${cellPrefix}${cell}`, sound);
  await removeCheckpoint(options.directory);
}

const signatures: Check = async ({ directory, signers }) => {
  const main = await readReference(directory, mainReference);
  if (main === undefined) return [];
  const store = new ObjectStore(directory);
  try {
    const faults: RepositoryFault[] = [];
    for (const id of await logCommits(directory, { from: main, limit: lookedAt })) {
      const commit = await store.commit(id);
      if (commit.signature === undefined) faults.push(fault('commit_unsigned', id));
      else if (signerOf(commit) === undefined) faults.push(fault('signature_invalid', id));
    }
    return signers.length === 0 ? faults.filter(({ code }) => code !== 'commit_unsigned') : faults;
  } finally {
    store.close();
  }
};

/** In the order in which one may be the cause of the next. */
const checks: readonly Check[] = [locks, files, references, objects, commitGraph, checkpoint, readable, cells, signatures];

const stopping: ReadonlySet<RepositoryFault['code']> = new Set(['object_missing', 'main_missing', 'main_unreadable', 'ref_damaged']);

/** Looks for every broken state of a bare state repository that we know of, and repairs what is safe when asked. */
export async function inspectRepository(options: InspectOptions): Promise<readonly RepositoryFault[]> {
  const faults: RepositoryFault[] = [];
  for (const check of checks) {
    faults.push(...(await check(options)));
    // What comes after would only say that objects or refs can not be read.
    if (faults.some(({ code, repaired }) => !repaired && stopping.has(code))) break;
  }
  return faults;
}
