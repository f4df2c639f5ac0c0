import { isDeepStrictEqual } from 'node:util';
import { MAX_FILE_BYTES, pathOfRef } from '../../schemas/index.ts';
import { EngineError } from '../engine-error.ts';
import { entryAt, logCommits } from '../git/index.ts';
import type { Intent, Precondition } from '../intent.ts';
import { fieldChanges, valueAt } from '../plan/field-changes.ts';
import { maskField } from '../plan/mask-secrets.ts';
import { readValue } from '../plan/read-value.ts';
import type { FieldConflict } from '../plan/types.ts';
import { mainReference } from './branches.ts';
import { EngineDraft } from './engine-draft.ts';
import type { DraftSource } from './engine-draft.ts';

/** How far back a version that a caller had read is looked for. */
const versionsLookedAt = 200;

export interface PreconditionSource extends DraftSource {
  readonly directory: string;
}

/** An object is not what the caller read. To say what differs takes longer than a write, and whoever waits for its turn must not wait for that. */
export class Mismatch extends Error {
  /** `precondition_failed` or `conflict`, with the fields. Never rejects with anything else than a failure to read. */
  readonly explain: () => Promise<EngineError>;
  constructor(explain: () => Promise<EngineError>) {
    super('An object is not what the caller read');
    this.explain = explain;
  }
}

/** Throws `Mismatch`. */
export async function checkPreconditions(source: PreconditionSource, intent: Intent): Promise<void> {
  for (const precondition of intent.preconditions ?? []) {
    const path = pathOfRef(precondition.ref);
    const current = (await entryAt(source.objects, source.view.root, path))?.oid ?? null;
    if (current === precondition.etag) continue;
    // The view goes on meanwhile.
    const asItWas = { ...source, view: source.view.fork() };
    throw new Mismatch(() => explanation(asItWas, intent, { precondition, path, current }));
  }
}

/** The work, whose mismatch is explained on the spot. */
export async function explained<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw error instanceof Mismatch ? await error.explain() : error;
  }
}

interface Mismatched {
  readonly precondition: Precondition;
  readonly path: string;
  readonly current: string | null;
}

async function explanation(source: PreconditionSource, intent: Intent, { precondition, path, current }: Mismatched): Promise<EngineError> {
  const { ref, etag } = precondition;
  if (etag === null) return new EngineError('conflict', `${path} exists already. Read it, then change it with its ETag.`, { conflict: { ref, path, etag: current, fields: [] } });
  const base = await versionText(source, path, etag);
  const theirs = await new EngineDraft(source).before(path);
  const mine = base === undefined ? undefined : await intended(source, intent, path, base);
  const fields = threeWay(readValue(base), readValue(theirs), readValue(mine)).map((field) => maskField(ref.kind, field));
  const what = current === null ? 'has been deleted' : 'has been changed';
  return new EngineError('precondition_failed', `${path} ${what} since you read it. Read it again and decide about the fields that differ.`, { conflict: { ref, path, etag: current, fields } });
}

/**
 * The text of the version that the caller names, if it was ever this object's. An id alone must not show a blob: the caller
 * may have it from an object that it may not read.
 */
async function versionText(source: PreconditionSource, path: string, etag: string): Promise<string | undefined> {
  if (!/^[0-9a-f]{40}$/.test(etag)) return undefined;
  const commits = await logCommits(source.directory, { from: mainReference, paths: [path], limit: versionsLookedAt });
  for (const id of commits) {
    const { tree } = await source.objects.commit(id);
    if ((await entryAt(source.objects, tree, path))?.oid !== etag) continue;
    return (await source.objects.blob(etag, MAX_FILE_BYTES)).content?.toString('utf8');
  }
  return undefined;
}

async function intended(source: PreconditionSource, intent: Intent, path: string, base: string): Promise<string | undefined> {
  const draft = new EngineDraft({ ...source, instead: new Map([[path, base]]) });
  try {
    await intent.apply(draft);
    return await draft.text(path);
  } catch {
    return undefined;
  }
}

/** A side on which the field is not there has no value. */
function conflictAt(pointer: string, sides: Readonly<Record<'base' | 'theirs' | 'mine', unknown>>): FieldConflict {
  const values = Object.entries(sides).map(([side, value]) => [side, valueAt(value, pointer)] as const);
  return { pointer, ...Object.fromEntries(values.filter(([, value]) => value !== undefined)) };
}

/** Every field that somebody else changed since the base, with the caller's value beside it. */
function threeWay(base: unknown, theirs: unknown, mine: unknown): FieldConflict[] {
  const pointers = new Set(fieldChanges(base, theirs).map((change) => change.pointer));
  for (const { pointer } of mine === undefined ? [] : fieldChanges(base, mine)) {
    if (!isDeepStrictEqual(valueAt(theirs, pointer), valueAt(mine, pointer))) pointers.add(pointer);
  }
  return [...pointers].sort().map((pointer) => conflictAt(pointer, { base, theirs, mine }));
}
