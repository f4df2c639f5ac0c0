import { createHash } from 'node:crypto';
import type { FileChange } from '../change.ts';
import { fieldChanges } from './field-changes.ts';
import { maskField } from './mask-secrets.ts';
import { readValue } from './read-value.ts';
import type { FieldChange, ObjectChange } from './types.ts';

function inOrder(files: readonly FileChange[]): FileChange[] {
  return [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
}

function changeOf({ before, after }: FileChange): ObjectChange['change'] {
  if (before === undefined) return 'added';
  return after === undefined ? 'deleted' : 'modified';
}

/** What changed, object by object and field by field, secrets masked, in path order. */
export function objectChanges(files: readonly FileChange[]): ObjectChange[] {
  return inOrder(files).map((file) => ({
    ref: file.ref,
    path: file.path,
    change: changeOf(file),
    fields: fieldChanges(readValue(file.before), readValue(file.after)).map((field) => maskField(file.ref?.kind, field)),
  }));
}

/** What the hash of a plan covers of an object: its fields with their values, of secrets the values' hashes. */
interface ObjectFacts {
  readonly path: string;
  readonly change: ObjectChange['change'];
  readonly fields: readonly FieldChange[];
  /** Of texts that can not be read as YAML: their hashes. */
  readonly texts?: readonly (string | null)[];
}

export function objectFacts(files: readonly FileChange[]): ObjectFacts[] {
  return inOrder(files).map((file) => {
    const [before, after] = [readValue(file.before), readValue(file.after)];
    const fields = fieldChanges(before, after).map((field) => (sameField(field, maskField(file.ref?.kind, field)) ? field : hashed(field)));
    const facts = { path: file.path, change: changeOf(file), fields };
    const unreadable = (file.before !== undefined && before === undefined) || (file.after !== undefined && after === undefined);
    return unreadable ? Object.assign(facts, { texts: [file.before, file.after].map((text) => (text === undefined ? null : sha256(text))) }) : facts;
  });
}

function sameField(field: FieldChange, masked: FieldChange): boolean {
  return JSON.stringify(field) === JSON.stringify(masked);
}

function hashed({ pointer, before, after }: FieldChange): FieldChange {
  return { pointer, ...(before !== undefined && { before: sha256(JSON.stringify(before)) }), ...(after !== undefined && { after: sha256(JSON.stringify(after)) }) };
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
