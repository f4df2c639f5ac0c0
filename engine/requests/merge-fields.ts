import { isDeepStrictEqual } from 'node:util';
import { escapePointer } from '../plan/field-changes.ts';
import type { FieldConflict } from '../plan/types.ts';

/** A leaf that one side set, or took away (`after` absent). Leaves are scalars, lists, and objects without fields. */
export interface LeafChange {
  readonly pointer: string;
  readonly before?: unknown;
  readonly after?: unknown;
}

export interface MergedFields {
  /** What is still to be done to theirs. */
  readonly changes: readonly LeafChange[];
  readonly conflicts: readonly FieldConflict[];
}

type Leaves = ReadonlyMap<string, unknown>;

/**
 * What a change from `base` to `mine` still has to do on `theirs`, which others made of the same base. Both sides may have
 * changed a leaf to the same value; to different ones, it is a conflict, also when one side has a value where the other has
 * fields. Which of the two came first makes no difference.
 */
export function mergeFields(base: unknown, theirs: unknown, mine: unknown): MergedFields {
  const leaves = { base: leavesOf(base), theirs: leavesOf(theirs), mine: leavesOf(mine) };
  const ours = leafChanges(leaves.base, leaves.mine);
  const others = leafChanges(leaves.base, leaves.theirs);
  const disputed = new Set<string>();
  for (const change of ours.values()) {
    const other = others.get(change.pointer);
    if (other !== undefined && !isDeepStrictEqual(other.after, change.after)) disputed.add(change.pointer);
  }
  for (const [above, below] of [[ours, others], [others, ours]] as const) for (const pointer of blocked(above, below)) disputed.add(pointer);
  const conflicts = [...disputed].sort().map((pointer) => conflictAt(pointer, leaves));
  return { changes: [...ours.values()].filter(({ pointer }) => !others.has(pointer)), conflicts };
}

/** Leaves that the one side set below a place at which the other set a value. */
function blocked(above: ReadonlyMap<string, LeafChange>, below: ReadonlyMap<string, LeafChange>): string[] {
  return [...below.values()].flatMap(({ pointer, after }) => {
    if (after === undefined) return [];
    return ancestorsOf(pointer).filter((ancestor) => above.get(ancestor)?.after !== undefined);
  });
}

function ancestorsOf(pointer: string): string[] {
  const parts = pointer.split('/');
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** The leaves of a plain value by pointer, in its order. */
function leavesOf(value: unknown): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  collect(leaves, '', value);
  return leaves;
}

function collect(leaves: Map<string, unknown>, pointer: string, value: unknown): void {
  if (value === undefined) return;
  const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
  if (!isGroup) leaves.set(pointer, value);
  else for (const [name, inner] of Object.entries(value)) collect(leaves, `${pointer}/${escapePointer(name)}`, inner);
}

function leafChanges(before: Leaves, after: Leaves): Map<string, LeafChange> {
  const pointers = [...new Set([...before.keys(), ...after.keys()])].filter((pointer) => !isDeepStrictEqual(before.get(pointer), after.get(pointer)));
  return new Map(pointers.map((pointer) => [pointer, { pointer, ...at('before', before, pointer), ...at('after', after, pointer) }]));
}

function at<K extends string>(side: K, leaves: Leaves, pointer: string): Partial<Record<K, unknown>> {
  const value = leaves.get(pointer);
  return value === undefined ? {} : ({ [side]: value } as Partial<Record<K, unknown>>);
}

function conflictAt(pointer: string, leaves: Readonly<Record<'base' | 'theirs' | 'mine', Leaves>>): FieldConflict {
  return { pointer, ...at('base', leaves.base, pointer), ...at('theirs', leaves.theirs, pointer), ...at('mine', leaves.mine, pointer) };
}
