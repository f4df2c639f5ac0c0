import { isDeepStrictEqual } from 'node:util';
import { valueAt } from '../plan/field-changes.ts';
import type { FieldConflict } from '../plan/types.ts';
import { ancestorsOf, entriesOf } from './entries.ts';
import type { Entries, Entry } from './entries.ts';

/** What is to be done to an object, for `writeFields`. */
export type FieldEdit =
  /** Whatever stands there gives way; a value may be a whole group. */
  | { readonly pointer: string; readonly do: 'set'; readonly value: unknown }
  | { readonly pointer: string; readonly do: 'remove' }
  /** A group shall be there, with whatever fields. */
  | { readonly pointer: string; readonly do: 'open' }
  /** A group goes, if nothing is left in it. */
  | { readonly pointer: string; readonly do: 'close' };

export interface FieldMerge {
  /** What is still to be done to theirs, but for the conflicts. */
  readonly edits: readonly FieldEdit[];
  /** In order of pointers; none lies in another, so that each can be decided by itself. */
  readonly conflicts: readonly FieldConflict[];
}

interface EntryChange {
  readonly before: Entry | undefined;
  readonly after: Entry | undefined;
}

type EntryChanges = ReadonlyMap<string, EntryChange>;

/**
 * The three-way merge of an object, field by field: what a change from `base` to `mine` still has to do on `theirs`, which
 * others made of the same base. Both sides may have changed a field to the same value; to different ones, it is a conflict, also
 * when one side has a value where the other changed fields. Which of the two came first makes no difference. A change request is
 * made on another head by it, and a revert is the change from after to before.
 */
export function mergeFields(base: unknown, theirs: unknown, mine: unknown): FieldMerge {
  const entries = entriesOf(base);
  const ours = changesBetween(entries, entriesOf(mine));
  const others = changesBetween(entries, entriesOf(theirs));
  const disputed = new Set(outermost([...clashes(ours, others), ...blocked(ours, others), ...blocked(others, ours)]));
  const isDisputed = (pointer: string) => disputed.has(pointer) || ancestorsOf(pointer).some((above) => disputed.has(above));
  const edits = [...ours].flatMap(([pointer, change]) => (isDisputed(pointer) ? [] : editOf(pointer, change, others.get(pointer))));
  return { edits, conflicts: [...disputed].map((pointer) => conflictAt(pointer, { base, theirs, mine })) };
}

/** What decides a conflict for mine. */
export function takeMine({ pointer, mine }: FieldConflict): FieldEdit {
  return mine === undefined ? { pointer, do: 'remove' } : { pointer, do: 'set', value: mine };
}

function changesBetween(before: Entries, after: Entries): Map<string, EntryChange> {
  const pointers = [...new Set([...before.keys(), ...after.keys()])].filter((pointer) => !isDeepStrictEqual(before.get(pointer), after.get(pointer)));
  return new Map(pointers.map((pointer) => [pointer, { before: before.get(pointer), after: after.get(pointer) }]));
}

/** Fields that both sides changed, to different ends. Between a group and nothing there is no quarrel: what is in the group decides. */
function clashes(ours: EntryChanges, others: EntryChanges): string[] {
  return [...ours].flatMap(([pointer, { after }]) => {
    const other = others.get(pointer);
    return other === undefined || isDeepStrictEqual(other.after, after) || !(hasValue(after) || hasValue(other.after)) ? [] : [pointer];
  });
}

/** Places at which the one side set a value, where the other set something inside. */
function blocked(above: EntryChanges, below: EntryChanges): string[] {
  return [...below].flatMap(([pointer, { after }]) => (after === undefined ? [] : ancestorsOf(pointer).filter((ancestor) => hasValue(above.get(ancestor)?.after))));
}

function hasValue(entry: Entry | undefined): boolean {
  return entry !== undefined && 'value' in entry;
}

function outermost(pointers: readonly string[]): string[] {
  const all = new Set(pointers);
  return [...all].filter((pointer) => !ancestorsOf(pointer).some((ancestor) => all.has(ancestor))).sort();
}

/** `other`: what others did to the same field, in agreement. */
function editOf(pointer: string, { before, after }: EntryChange, other: EntryChange | undefined): FieldEdit[] {
  if (after === undefined) {
    if (other !== undefined) return [];
    return [{ pointer, do: hasValue(before) ? 'remove' : 'close' }];
  }
  if ('group' in after) return other?.after === undefined ? [{ pointer, do: 'open' }] : [];
  return other === undefined ? [{ pointer, do: 'set', value: after.value }] : [];
}

function conflictAt(pointer: string, sides: Readonly<Record<'base' | 'theirs' | 'mine', unknown>>): FieldConflict {
  const values = Object.entries(sides).map(([side, value]) => [side, valueAt(value, pointer)] as const);
  return { pointer, ...Object.fromEntries(values.filter(([, value]) => value !== undefined)) };
}
