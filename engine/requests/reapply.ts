import type { Document } from 'yaml';
import type { KindName } from '../../schemas/index.ts';
import type { FileChange } from '../change.ts';
import { editYaml } from '../commit/edit-yaml.ts';
import type { EngineDraft } from '../commit/engine-draft.ts';
import { EngineError } from '../engine-error.ts';
import type { ObjectConflict } from '../engine-error.ts';
import { objectId } from '../git/index.ts';
import { escapePointer, fieldChanges, splitPointer } from '../plan/field-changes.ts';
import { maskField } from '../plan/mask-secrets.ts';
import { readValue } from '../plan/read-value.ts';
import type { FieldConflict } from '../plan/types.ts';
import { mergeFields } from './merge-fields.ts';
import type { LeafChange } from './merge-fields.ts';

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
    if (merged.conflicts.length > 0) conflicts.push(conflictOf(file, current, merged.conflicts));
    else if (merged.changes.length > 0) await draft.editAt(file.path, (document) => applyLeaves(document, merged.changes));
    if (merged.conflicts.length === 0 && changesLayout(file)) commentsLeft.push(file.path);
  }
  return { conflicts, commentsLeft };
}

/** The error of a merge whose fields others have changed. */
export function conflictError(conflicts: readonly ObjectConflict[]): EngineError {
  const names = conflicts.map(({ path, fields }) => `${path} (${fields.map(({ pointer }) => (pointer === '' ? 'the whole file' : pointer)).join(', ')})`);
  const [conflict] = conflicts;
  return new EngineError('request_conflict', `Others have changed what this request changes: ${names.join('; ')}. Update the request on what stands there now.`, { conflicts, ...(conflict === undefined ? {} : { conflict }) });
}

function mergedFile({ ref, before, after }: FileChange, current: string | undefined): { readonly changes: readonly LeafChange[]; readonly conflicts: readonly FieldConflict[] } {
  const [base, theirs, mine] = [readValue(before), readValue(current), readValue(after)];
  const whole = ref === undefined || wholeKinds.has(ref.kind) || [base, theirs, mine].includes(undefined);
  if (!whole) return mergeFields(base, theirs, mine);
  // Made twice, or encrypted twice: the same fields are the same object.
  if (theirs !== undefined && fieldChanges(theirs, mine).length === 0) return { changes: [], conflicts: [] };
  return { changes: [], conflicts: [{ pointer: '', ...sides({ base, theirs, mine }) }] };
}

function sides(values: Readonly<Record<'base' | 'theirs' | 'mine', unknown>>): Partial<Record<'base' | 'theirs' | 'mine', unknown>> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

function conflictOf({ ref, path }: FileChange, current: string | undefined, fields: readonly FieldConflict[]): ObjectConflict {
  return { ref, path, etag: current === undefined ? null : objectId('blob', Buffer.from(current)), fields: fields.map((field) => maskField(ref?.kind, field)) };
}

/** Values after removals, so that what stands in the way is gone; then the groups that were left empty go, unless they are meant to be. */
export function applyLeaves(document: Document, changes: readonly LeafChange[]): void {
  const removed = changes.filter(({ after }) => after === undefined).map(({ pointer }) => splitPointer(pointer));
  const set = new Set(changes.filter(({ after }) => after !== undefined).map(({ pointer }) => pointer));
  for (const path of removed) document.deleteIn(path);
  for (const { pointer, after } of changes) if (after !== undefined) document.setIn(splitPointer(pointer), document.createNode(after));
  for (const path of removed) prune(document, path.slice(0, -1), set);
}

function prune(document: Document, path: readonly string[], meant: ReadonlySet<string>): void {
  if (path.length === 0 || meant.has(path.map((name) => `/${escapePointer(name)}`).join(''))) return;
  const group = document.getIn(path) as { readonly items?: readonly unknown[] } | undefined;
  if (group?.items?.length !== 0) return;
  document.deleteIn(path);
  prune(document, path.slice(0, -1), meant);
}

/** Pointers of the leaves that a change of a file sets or takes away; the empty one of a file that is taken whole. */
export function fieldsOf({ ref, before, after }: FileChange): readonly string[] {
  const [base, mine] = [readValue(before), readValue(after)];
  if (ref === undefined || wholeKinds.has(ref.kind) || base === undefined || mine === undefined) return [''];
  return mergeFields(base, base, mine).changes.map(({ pointer }) => pointer);
}

/** Whether the file changes in more than its fields. */
function changesLayout({ path, before, after }: FileChange): boolean {
  if (before === undefined || after === undefined) return false;
  const { changes } = mergeFields(readValue(before), readValue(before), readValue(after));
  return editYaml(path, before, (document) => applyLeaves(document, changes)) !== after;
}
