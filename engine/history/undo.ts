import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'yaml';
import type { ObjectRef } from '../../schemas/index.ts';
import type { ObjectConflict } from '../engine-error.ts';
import { fieldChanges, splitPointer, valueAt } from '../plan/field-changes.ts';
import { maskField } from '../plan/mask-secrets.ts';
import { readValue } from '../plan/read-value.ts';
import type { FieldChange, FieldConflict } from '../plan/types.ts';
import { isWhole } from './revert-kinds.ts';
import type { RevertChoice, RevertTake } from './types.ts';

/** One file to take back: from `after`, which the reverted change made of it, to `before`. */
export interface Undo {
  readonly ref: ObjectRef;
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
  /** Whatever has become of it: there is nothing to disagree about. By fields, so that comments stay. */
  readonly reset: boolean;
}

export type UndoStep =
  | { readonly kind: 'none' }
  | { readonly kind: 'put'; readonly text: string }
  | { readonly kind: 'delete' }
  | { readonly kind: 'edit'; readonly change: (document: Document) => void }
  | { readonly kind: 'conflict'; readonly conflict: ObjectConflict };

const none: UndoStep = { kind: 'none' };

/** Names a field, to decide about it. */
export function conflictKey(path: string, pointer: string): string {
  return `${path}#${pointer}`;
}

function choiceOf(take: RevertTake | undefined, path: string, pointer: string): RevertChoice | undefined {
  return typeof take === 'object' ? take[conflictKey(path, pointer)] : take;
}

/** What is to be done with the file as it is now. A conflict comes with every field that needs a choice. */
export function undoStep(undo: Undo, current: string | undefined, take: RevertTake | undefined): UndoStep {
  const { before, after } = undo;
  if (current === before) return none;
  if (current === after && !undo.reset) return whole(before);
  if (after === undefined || before === undefined || current === undefined || isWhole(undo.ref)) return undoWhole(undo, current, take);
  return undoFields(undo, current, take);
}

function whole(text: string | undefined): UndoStep {
  return text === undefined ? { kind: 'delete' } : { kind: 'put', text };
}

function undoWhole(undo: Undo, current: string | undefined, take: RevertTake | undefined): UndoStep {
  const choice = undo.reset ? 'revert' : choiceOf(take, undo.path, '');
  if (choice === 'keep') return none;
  if (choice === 'revert') return whole(undo.before);
  return conflictOf(undo, [sides('', [readValue(undo.after), readValue(current), readValue(undo.before)])]);
}

function undoFields(undo: Undo, current: string, take: RevertTake | undefined): UndoStep {
  const [value, before] = [readValue(current), readValue(undo.before)];
  const open = leafChanges(before, readValue(undo.after)).filter((change) => !isDeepStrictEqual(valueAt(value, change.pointer), change.before));
  const disputed = undo.reset ? [] : open.filter((change) => !isDeepStrictEqual(valueAt(value, change.pointer), change.after));
  const undecided = disputed.filter(({ pointer }) => choiceOf(take, undo.path, pointer) === undefined);
  if (undecided.length > 0) return conflictOf(undo, undecided.map((field) => sides(field.pointer, [field.after, valueAt(value, field.pointer), field.before])));
  const kept = new Set(disputed.filter(({ pointer }) => choiceOf(take, undo.path, pointer) === 'keep').map(({ pointer }) => pointer));
  const changes = open.filter(({ pointer }) => !kept.has(pointer));
  if (changes.length === 0) return none;
  return { kind: 'edit', change: (document) => { for (const change of changes) setField(document, change, before); } };
}

/** As `fieldChanges`, down to single fields also where a whole group of them came or went, so that what others added to it stays. */
function leafChanges(before: unknown, after: unknown): FieldChange[] {
  return fieldChanges(before, after).flatMap((change) => {
    const present = change.before ?? change.after;
    if (('before' in change && 'after' in change) || !isGroup(present)) return [change];
    const [old, current] = 'before' in change ? [present, {}] : [{}, present];
    return leafChanges(old, current).map((inner) => Object.assign({}, inner, { pointer: `${change.pointer}${inner.pointer}` }));
  });
}

function isGroup(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

function setField(document: Document, { pointer, before }: FieldChange, original: unknown): void {
  const path = splitPointer(pointer);
  if (before !== undefined) {
    document.setIn(path, document.createNode(before));
    return;
  }
  document.deleteIn(path);
  // A group that was not there goes with its last field.
  for (let length = path.length - 1; length > 0; length -= 1) {
    const parent = path.slice(0, length);
    const group = document.getIn(parent) as { readonly items?: readonly unknown[] } | undefined;
    if (group?.items?.length !== 0 || valueAt(original, pointerOf(parent)) !== undefined) return;
    document.deleteIn(parent);
  }
}

function pointerOf(path: readonly string[]): string {
  return path.map((part) => `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function sides(pointer: string, [base, theirs, mine]: readonly [unknown, unknown, unknown]): FieldConflict {
  return { pointer, ...(base !== undefined && { base }), ...(theirs !== undefined && { theirs }), ...(mine !== undefined && { mine }) };
}

function conflictOf({ ref, path }: Undo, fields: ObjectConflict['fields']): UndoStep {
  return { kind: 'conflict', conflict: { ref, path, etag: null, fields: fields.map((field) => maskField(ref.kind, field)) } };
}
