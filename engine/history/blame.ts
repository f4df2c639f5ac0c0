import { isDeepStrictEqual } from 'node:util';
import { MAX_FILE_BYTES, pathOfRef } from '../../schemas/index.ts';
import type { ObjectRef } from '../../schemas/index.ts';
import { EngineError } from '../engine-error.ts';
import { entryAt, isTree } from '../git/index.ts';
import { escapePointer, valueAt } from '../plan/field-changes.ts';
import { maskField } from '../plan/mask-secrets.ts';
import { readValue } from '../plan/read-value.ts';
import { entryFor } from './history.ts';
import type { HistoryContext } from './history.ts';
import type { BlamedField } from './types.ts';

/** Versions that are read ahead of the one that is looked at. */
const atOnce = 32;

interface Version {
  readonly commit: string;
  readonly value: unknown;
}

/**
 * Who set each field of an object at a commit of `main`: the last commit along first parents that gave the field the value that
 * it has. Values are compared, not lines, so that a file that was only written differently keeps its authors. A list is one
 * field. Throws `not_found`.
 */
export async function blame(context: HistoryContext, ref: ObjectRef, commit: string): Promise<readonly BlamedField[]> {
  const value = (await versionAt(context, ref, commit)).value;
  if (value === undefined) throw new EngineError('not_found', `There is no ${ref.kind} ${ref.name} at ${commit.slice(0, 10)}, or it can not be read.`);
  const open = new Map(leaves(value).map((pointer) => [pointer, valueAt(value, pointer)]));
  const setBy = new Map<string, string>();
  let newer: string | undefined;
  for await (const { commit: id, value: older } of versions(context, ref, commit)) {
    // What this version has otherwise was set by the one after it.
    if (newer !== undefined) settle(open, setBy, { commit: newer, older });
    if (open.size === 0) break;
    newer = id;
  }
  if (newer !== undefined) settle(open, setBy, { commit: newer, older: undefined });
  const entries = new Map(await Promise.all([...new Set(setBy.values())].map(async (id) => [id, await entryFor(context, await context.objects.commit(id))] as const)));
  return leaves(value).flatMap((pointer) => {
    const entry = entries.get(setBy.get(pointer) ?? '');
    return entry === undefined ? [] : [Object.assign(maskField(ref.kind, { pointer, value: valueAt(value, pointer) }), { entry })];
  });
}

function settle(open: Map<string, unknown>, setBy: Map<string, string>, { commit, older }: { readonly commit: string; readonly older: unknown }): void {
  for (const [pointer, value] of open) {
    if (isDeepStrictEqual(valueAt(older, pointer), value)) continue;
    setBy.set(pointer, commit);
    open.delete(pointer);
  }
}

/** The versions that the object had up to a commit, newest first. */
async function* versions(context: HistoryContext, ref: ObjectRef, commit: string): AsyncGenerator<Version> {
  const { index, head } = context;
  let before = ((await index.positionOf(head, commit)) ?? -1) + 1;
  for (;;) {
    const ids = await index.find(head, { ref }, { limit: atOnce, before });
    yield* await Promise.all(ids.map((id) => versionAt(context, ref, id)));
    const last = ids.length < atOnce ? undefined : ids.at(-1);
    if (last === undefined) return;
    before = (await index.positionOf(head, last)) ?? 0;
  }
}

async function versionAt({ objects }: HistoryContext, ref: ObjectRef, commit: string): Promise<Version> {
  const entry = await entryAt(objects, (await objects.commit(commit)).tree, pathOfRef(ref));
  const text = entry === undefined || isTree(entry) ? undefined : (await objects.blob(entry.oid, MAX_FILE_BYTES)).content?.toString('utf8');
  return { commit, value: readValue(text) };
}

/** Pointers of the values that hold no others but in lists, in the file's order. */
function leaves(value: unknown, pointer = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || Object.keys(value).length === 0) return [pointer];
  return Object.entries(value).flatMap(([name, inner]) => leaves(inner, `${pointer}/${escapePointer(name)}`));
}
