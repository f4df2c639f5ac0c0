import type { ObjectRef } from '../../schemas/index.ts';
import type { ObjectConflict } from '../engine-error.ts';
import { mergeFields, takeMine } from '../fields/merge-fields.ts';
import { objectConflict } from '../fields/object-conflict.ts';
import { writeFields } from '../fields/write-fields.ts';
import { readValue } from '../plan/read-value.ts';
import type { FieldConflict } from '../plan/types.ts';
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
  | { readonly kind: 'conflict'; readonly conflict: ObjectConflict };

const none: UndoStep = { kind: 'none' };

/** Names a field, to decide about it. */
function conflictKey(path: string, pointer: string): string {
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
  const unreadable = [before, after, current].some((text) => readValue(text) === undefined);
  if (unreadable || current === undefined || isWhole(undo.ref)) return undoWhole(undo, current, take);
  return undoFields(undo, current, take);
}

function whole(text: string | undefined): UndoStep {
  return text === undefined ? { kind: 'delete' } : { kind: 'put', text };
}

function undoWhole(undo: Undo, current: string | undefined, take: RevertTake | undefined): UndoStep {
  const choice = undo.reset ? 'revert' : choiceOf(take, undo.path, '');
  if (choice === 'keep') return none;
  if (choice === 'revert') return whole(undo.before);
  return conflictOf(undo, current, [sides('', [readValue(undo.after), readValue(current), readValue(undo.before)])]);
}

/** The same merge as anywhere, of the change from after to before. Where the text takes no fields, the file is one. */
function undoFields(undo: Undo, current: string, take: RevertTake | undefined): UndoStep {
  const { edits, conflicts } = mergeFields(readValue(undo.after), readValue(current), readValue(undo.before));
  const choices = conflicts.map((conflict) => ({ conflict, choice: undo.reset ? 'revert' : choiceOf(take, undo.path, conflict.pointer) }));
  const undecided = choices.filter(({ choice }) => choice === undefined);
  if (undecided.length > 0) return conflictOf(undo, current, undecided.map(({ conflict }) => conflict));
  const text = writeFields(undo.path, current, [...edits, ...choices.flatMap(({ conflict, choice }) => (choice === 'revert' ? [takeMine(conflict)] : []))]);
  if (text === undefined) return undoWhole(undo, current, take);
  return text === current ? none : { kind: 'put', text };
}

function sides(pointer: string, [base, theirs, mine]: readonly [unknown, unknown, unknown]): FieldConflict {
  return { pointer, ...(base !== undefined && { base }), ...(theirs !== undefined && { theirs }), ...(mine !== undefined && { mine }) };
}

function conflictOf(undo: Undo, current: string | undefined, fields: readonly FieldConflict[]): UndoStep {
  return { kind: 'conflict', conflict: objectConflict(undo, current, fields) };
}
