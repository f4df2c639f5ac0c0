import type { FileChange, ObjectChange } from '../types.ts';
import { fieldChanges } from './field-changes.ts';
import { maskField } from './mask-secrets.ts';
import { readValue } from './read-value.ts';

/** What changed, object by object and field by field, secrets masked, in path order. */
export function objectChanges(files: readonly FileChange[]): ObjectChange[] {
  const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
  return sorted.map(({ path, ref, before, after }) => ({
    ref,
    path,
    change: before === undefined ? 'added' : after === undefined ? 'deleted' : 'modified',
    fields: fieldChanges(readValue(before), readValue(after)).map((field) => maskField(ref?.kind, field)),
  }));
}
