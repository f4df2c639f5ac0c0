import type { KindName } from '../../schemas/index.ts';
import type { FileChange } from '../change.ts';
import type { EngineDraft } from '../commit/engine-draft.ts';
import { EngineError } from '../engine-error.ts';
import type { ObjectConflict } from '../engine-error.ts';
import { mergeFields } from '../fields/merge-fields.ts';
import { objectConflict } from '../fields/object-conflict.ts';
import { writeFields } from '../fields/write-fields.ts';
import { fieldChanges } from '../plan/field-changes.ts';
import { readValue } from '../plan/read-value.ts';
import type { FieldConflict } from '../plan/types.ts';

export interface Reapplied {
  readonly conflicts: readonly ObjectConflict[];
  /** Files whose comments and layout were left as others made them. */
  readonly commentsLeft: readonly string[];
}

/** Signed or encrypted whole: fields of two versions don't make a valid one. */
const wholeKinds: ReadonlySet<KindName> = new Set(['Secret', 'EnvironmentKey', 'License', 'Release']);

/** Makes in the draft what the files changed, field by field, on what stands there now. A file that conflicts stays as it is. */
export async function reapply(draft: EngineDraft, files: readonly FileChange[]): Promise<Reapplied> {
  const conflicts: ObjectConflict[] = [];
  const commentsLeft: string[] = [];
  for (const file of files) {
    const current = await draft.text(file.path);
    if (current === file.after) continue;
    if (current === file.before) {
      draft.set(file.path, file.after);
      continue;
    }
    const merged = mergedFile(file, current);
    if ('conflicts' in merged) {
      conflicts.push(objectConflict(file, current, merged.conflicts));
      continue;
    }
    if (merged.text !== current) draft.set(file.path, merged.text);
    if (changesLayout(file)) commentsLeft.push(file.path);
  }
  return { conflicts, commentsLeft };
}

/** Whether a text has all that a change makes of its file. */
export function isMade(file: FileChange, current: string | undefined): boolean {
  if (current === file.after || current === file.before) return current === file.after;
  const merged = mergedFile(file, current);
  return 'text' in merged && merged.text === current;
}

/** The error of a merge whose fields others have changed. */
export function conflictError(conflicts: readonly ObjectConflict[]): EngineError {
  const names = conflicts.map(({ path, fields }) => `${path} (${fields.map(({ pointer }) => (pointer === '' ? 'the whole file' : pointer)).join(', ')})`);
  const [conflict] = conflicts;
  return new EngineError('request_conflict', `Others have changed what this request changes: ${names.join('; ')}. Update the request on what stands there now.`, { conflicts, ...(conflict === undefined ? {} : { conflict }) });
}

function mergedFile({ path, ref, before, after }: FileChange, current: string | undefined): { readonly text: string | undefined } | { readonly conflicts: readonly FieldConflict[] } {
  const [base, theirs, mine] = [readValue(before), readValue(current), readValue(after)];
  const whole = ref === undefined || wholeKinds.has(ref.kind) || current === undefined || [base, theirs, mine].includes(undefined);
  const { edits, conflicts } = whole ? { edits: [], conflicts: [] } : mergeFields(base, theirs, mine);
  if (conflicts.length > 0) return { conflicts };
  const text = whole ? undefined : writeFields(path, current, edits);
  if (text !== undefined) return { text };
  // Made twice, or encrypted twice: the same fields are the same object.
  if (theirs !== undefined && fieldChanges(theirs, mine).length === 0) return { text: current };
  return { conflicts: [{ pointer: '', ...sides({ base, theirs, mine }) }] };
}

function sides(values: Readonly<Record<'base' | 'theirs' | 'mine', unknown>>): Partial<Record<'base' | 'theirs' | 'mine', unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** Pointers of the fields that a change of a file sets or takes away; the empty one of a file that is taken whole. */
export function fieldsOf({ ref, before, after }: FileChange): readonly string[] {
  const [base, mine] = [readValue(before), readValue(after)];
  if (ref === undefined || wholeKinds.has(ref.kind) || base === undefined || mine === undefined) return [''];
  const { edits } = mergeFields(base, base, mine);
  const fields = edits.filter((edit) => edit.do === 'set' || edit.do === 'remove');
  return (fields.length > 0 ? fields : edits).map(({ pointer }) => pointer);
}

/** Whether the file changes in more than its fields. */
function changesLayout({ path, before, after }: FileChange): boolean {
  if (before === undefined || after === undefined) return false;
  const base = readValue(before);
  return writeFields(path, before, mergeFields(base, base, readValue(after)).edits) !== after;
}
