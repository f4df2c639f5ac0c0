import { isDeepStrictEqual } from 'node:util';
import type { Document } from 'yaml';
import { pathOfRef, refOfPath } from '../../schemas/index.ts';
import type { KindName, ObjectRef } from '../../schemas/index.ts';
import { EngineError } from '../engine-error.ts';
import type { ObjectReader } from '../git/index.ts';
import { fieldChanges, splitPointer, valueAt } from '../plan/field-changes.ts';
import { fileChanges } from '../plan/file-changes.ts';
import { readValue } from '../plan/read-value.ts';
import type { Change, Draft, FieldChange, FieldConflict, FileChange, Intent } from '../types.ts';

/** Deployments and configuration. Members, roles, SSO, lifecycle, licence, keys and releases are not undone by the way. */
const revertible: ReadonlySet<KindName> = new Set(['AppDeployment', 'Application', 'Settings', 'Ingress', 'Environment', 'Team', 'VaultConnection']);

interface Undo {
  readonly ref: ObjectRef;
  readonly path: string;
  readonly file: FileChange;
}

/** A draft that also shows the text that it stands on. */
interface ReadableDraft extends Draft {
  text(path: string): Promise<string | undefined>;
}

/**
 * The intent that undoes what a commit did to deployments and configuration, field by field, so that later changes of other
 * fields stay. Throws `not_found` or `nothing_to_revert`; applied, it throws `revert_conflict` when a field has changed since.
 */
export async function revertIntent(objects: ObjectReader, commit: string, change: Omit<Change, 'subject'>): Promise<Intent> {
  const { parents, tree, message } = await objects.commit(commit).catch((cause: unknown) => {
    throw new EngineError('not_found', `There is no commit ${commit}.`, { cause });
  });
  const base = parents[0];
  if (base === undefined) throw new EngineError('nothing_to_revert', 'The first commit can not be reverted.');
  const undos = (await fileChanges(objects, (await objects.commit(base)).tree, tree)).flatMap((file) => undoOf(file, change.tenant));
  if (undos.length === 0) throw new EngineError('nothing_to_revert', `Commit ${commit.slice(0, 10)} changed no deployment and no configuration${change.tenant === undefined ? '' : ` of ${change.tenant}`}.`);
  const subject = `Revert "${(message.split('\n')[0] ?? '').slice(0, 60)}"`;
  const body = [`This reverts commit ${commit}.`, change.body ?? ''].join('\n\n').trim();
  return { change: { ...change, subject, body }, apply: (draft) => applyAll(draft as ReadableDraft, commit, undos) };
}

function undoOf(file: FileChange, tenant: string | undefined): Undo[] {
  const ref = refOfPath(file.path);
  if (ref === undefined || !revertible.has(ref.kind) || (tenant !== undefined && ref.tenant !== tenant)) return [];
  return [{ ref, path: pathOfRef(ref), file }];
}

async function applyAll(draft: ReadableDraft, commit: string, undos: readonly Undo[]): Promise<void> {
  for (const undo of undos) {
    const current = await draft.text(undo.path);
    const { before, after } = undo.file;
    if (current === before) continue;
    if (after === undefined || before === undefined || current === undefined) revertWhole(draft, commit, undo, current);
    else await revertFields(draft, commit, undo, current);
  }
}

/** The commit made or deleted the file: undone only when nobody touched it since. */
function revertWhole(draft: Draft, commit: string, undo: Undo, current: string | undefined): void {
  const { before, after } = undo.file;
  if (current !== after) throw conflict(commit, undo, fieldChanges(readValue(after), readValue(current)).map(({ pointer, before: base, after: theirs }) => ({ pointer, base, theirs })));
  if (before === undefined) draft.delete(undo.ref);
  else draft.put(undo.path, before);
}

async function revertFields(draft: Draft, commit: string, undo: Undo, current: string): Promise<void> {
  const value = readValue(current);
  const changes = fieldChanges(readValue(undo.file.before), readValue(undo.file.after));
  const open = changes.filter((change) => !isDeepStrictEqual(valueAt(value, change.pointer), change.before));
  const changedSince = open.filter((change) => !isDeepStrictEqual(valueAt(value, change.pointer), change.after));
  if (changedSince.length > 0) {
    throw conflict(commit, undo, changedSince.map(({ pointer, before, after }) => ({ pointer, base: after, theirs: valueAt(value, pointer), mine: before })));
  }
  await draft.edit(undo.ref, (document) => {
    for (const change of open) setField(document, change);
  });
}

function setField(document: Document, change: FieldChange): void {
  const path = splitPointer(change.pointer);
  if (change.before === undefined) document.deleteIn(path);
  else document.setIn(path, document.createNode(change.before));
}

function conflict(commit: string, { ref, path }: Undo, fields: readonly FieldConflict[]): EngineError {
  const names = fields.map((field) => field.pointer).join(', ');
  return new EngineError('revert_conflict', `Commit ${commit.slice(0, 10)} can not be reverted: ${path} has changed again since (${names}). Set these fields by hand.`, { conflict: { ref, path, etag: null, fields } });
}
