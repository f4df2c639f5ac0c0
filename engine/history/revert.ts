import { objectsOfTenant, pathOfRef, refOfPath, tenantDirectory } from '../../schemas/index.ts';
import type { ObjectRef, TenantState } from '../../schemas/index.ts';
import type { Change, FileChange } from '../change.ts';
import { EngineError } from '../engine-error.ts';
import type { ObjectConflict } from '../engine-error.ts';
import { EMPTY_TREE, isUnreadable, timeOf } from '../git/index.ts';
import type { ObjectReader } from '../git/index.ts';
import type { Draft, Intent } from '../intent.ts';
import { fileChanges } from '../plan/file-changes.ts';
import { wordsForTenant } from '../publish/words-for-tenant.ts';
import { readFiles } from '../state/read-files.ts';
import { tenantTree } from '../state/tenant-tree.ts';
import { currentKey } from './current-key.ts';
import { inScope, leftAlone } from './revert-kinds.ts';
import type { LeftAlone, Revert, RevertGroup, RevertRequest, RevertScope } from './types.ts';
import { undoStep } from './undo.ts';
import type { Undo, UndoStep } from './undo.ts';

/** A draft that also shows the text that it stands on. */
export interface ReadableDraft extends Draft {
  text(path: string): Promise<string | undefined>;
}

interface Undoing {
  readonly undos: readonly Undo[];
  readonly leftAlone: readonly LeftAlone[];
}

/** The tenant as it is. */
type TenantNow = (id: string) => Promise<TenantState | undefined>;

/** What there is to undo, on the state that the intent runs on. */
type Find = (now: TenantNow) => Promise<Undoing>;

/** Where a revert is made: the repository's objects, and the tenants as of the head. */
export interface RevertContext {
  readonly objects: ObjectReader;
  readonly tenant: TenantNow;
}

interface Words {
  readonly subject: string;
  readonly body: string;
  /** Named in messages: `Commit 0123456789`. */
  readonly what: string;
  /** The tree that is gone back to. */
  readonly tree: string;
}

/**
 * The intent that takes deployments and configuration back: what a commit or a range of commits did, by the inverse of its
 * fields, so that later changes of other fields stay; or all fields of a scope as of a commit. Throws `nothing_to_revert`;
 * applied, it throws `revert_conflict` with every field that has changed since and about which nobody decided, and
 * `key_rotated` for a secret that can not be encrypted again.
 */
export async function makeRevert({ objects, tenant }: RevertContext, request: RevertRequest, change: Omit<Change, 'subject'>): Promise<Revert> {
  const { words, find } = 'asOf' in request.what ? await resetTo(objects, request, request.what.asOf) : await inverseOf(objects, request);
  const found = await find(tenant);
  if (found.undos.length === 0 && !('asOf' in request.what)) throw nothingToRevert(words.what, found.leftAlone);
  const body = [words.body, change.body ?? ''].join('\n\n').trim();
  const intent: Intent = {
    change: { ...change, subject: words.subject, body },
    apply: async (draft) => {
      const { undos } = await find((id) => draft.tenant(id));
      await applyAll({ objects, request, words }, draft as ReadableDraft, undos);
    },
  };
  return { intent, leftAlone: found.leftAlone };
}

function nothingToRevert(what: string, alone: readonly LeftAlone[]): EngineError {
  const groups = [...new Set(alone.flatMap(({ include }) => include ?? []))];
  const way = groups.length === 0 ? '' : ` It changed ${groups.join(', ')}: name what is to be reverted as well.`;
  return new EngineError('nothing_to_revert', `${what} changed no deployment and no configuration here.${way}`);
}

async function inverseOf(objects: ObjectReader, request: RevertRequest): Promise<{ words: Words; find: Find }> {
  const { base, head, words } = await rangeOf(objects, request);
  const files = await changedFiles(objects, { base, head }, request.scope.tenant);
  const undoing = sort(files, request, false);
  return { words: { ...words, tree: base }, find: () => Promise.resolve(undoing) };
}

/** Of one tenant, nothing of the others is read: a range may have changed all of them. */
async function changedFiles(objects: ObjectReader, { base, head }: { readonly base: string; readonly head: string }, tenant: string | undefined): Promise<FileChange[]> {
  if (tenant === undefined) return fileChanges(objects, base, head);
  const [before = EMPTY_TREE, after = EMPTY_TREE] = [await tenantTree(objects, tenant, base), await tenantTree(objects, tenant, head)];
  return fileChanges(objects, before, after, `${tenantDirectory(tenant)}/`);
}

async function rangeOf(objects: ObjectReader, { what, scope }: RevertRequest): Promise<{ base: string; head: string; words: Omit<Words, 'tree'> }> {
  if ('asOf' in what) throw new TypeError('A state as of a commit is no range.');
  if ('commit' in what) {
    const commit = await objects.commit(what.commit);
    const { parents: [parent], tree } = commit;
    if (parent === undefined) throw new EngineError('nothing_to_revert', 'The first commit can not be reverted.');
    // The revert is a commit of the tenant alone, which its people read.
    const { message } = scope.tenant === undefined ? commit : await wordsForTenant({ tenant: scope.tenant, objects }, commit);
    const subject = `Revert "${(message.split('\n')[0] ?? '').slice(0, 60)}"`;
    return { base: (await objects.commit(parent)).tree, head: tree, words: { subject, body: `This reverts commit ${what.commit}.`, what: `Commit ${what.commit.slice(0, 10)}` } };
  }
  const range = `${what.base.slice(0, 10)}..${what.head.slice(0, 10)}`;
  const words = { subject: `Revert ${range}${placeName(scope)}`, body: `This reverts commits ${what.base}..${what.head}.`, what: `The range ${range}` };
  return { base: (await objects.commit(what.base)).tree, head: (await objects.commit(what.head)).tree, words };
}

function placeName({ tenant, environment, application }: RevertScope): string {
  const parts = [tenant, application].filter((part) => part !== undefined).join('/');
  return parts === '' ? '' : ` of ${parts}${environment === undefined ? '' : ` in ${environment}`}`;
}

async function resetTo(objects: ObjectReader, request: RevertRequest, commit: string): Promise<{ words: Words; find: Find }> {
  const { tenant } = request.scope;
  if (tenant === undefined) throw new EngineError('invalid', 'Name the tenant that is to be as it was.');
  const { tree, committer } = await objects.commit(commit);
  const then = await textsOf(objects, tree, tenant);
  const time = timeOf(committer.seconds);
  const words = { subject: `Reset${placeName(request.scope).replace(' of', '')} to ${time}`, body: `Back to the state as of commit ${commit}.`, what: `Going back to ${commit.slice(0, 10)}`, tree };
  const find: Find = async (tenantNow) => {
    const now = await tenantNow(tenant);
    const current = new Map([...(now === undefined ? [] : objectsOfTenant(now))].map(({ path, text }) => [path, text]));
    const paths = [...new Set([...then.keys(), ...current.keys()])].sort();
    const files = paths.map((path): FileChange => ({ path, ref: refOfPath(path), before: then.get(path), after: current.get(path) }));
    return sort(files.filter(({ before, after }) => before !== after), request, true);
  };
  return { words, find };
}

async function textsOf(objects: ObjectReader, root: string, tenant: string): Promise<Map<string, string>> {
  const tree = await tenantTree(objects, tenant, root);
  if (tree === undefined) throw new EngineError('not_found', `There was no tenant ${tenant} then.`);
  const files = await readFiles(objects, tree, `${tenantDirectory(tenant)}/`).catch((error: unknown) => {
    throw isUnreadable(error) ? new EngineError('invalid', `What tenant ${tenant} was then can not be read: ${error.message}`, { cause: error }) : error;
  });
  return new Map(files.flatMap(({ path, bytes }) => (bytes === undefined ? [] : [[path, Buffer.from(bytes).toString('utf8')] as const])));
}

/** Parts what is undone from what is left alone, and drops what lies outside the scope. */
function sort(files: readonly FileChange[], { scope, include }: RevertRequest, reset: boolean): Undoing {
  const groups: ReadonlySet<RevertGroup> = new Set(include);
  const undos: Undo[] = [];
  const alone: LeftAlone[] = [];
  for (const { path, ref, before, after } of files) {
    if (ref === undefined || pathOfRef(ref) !== path || !inScope(ref, scope, groups)) continue;
    const kept = leftAlone(ref, { path, comesOrGoes: before === undefined || after === undefined }, groups);
    if (kept === undefined) undos.push({ ref, path, before, after, reset });
    else alone.push(kept);
  }
  return { undos, leftAlone: alone };
}

interface Application {
  readonly objects: ObjectReader;
  readonly request: RevertRequest;
  readonly words: Words;
}

/** Everything is decided before anything is done. */
async function applyAll(application: Application, draft: ReadableDraft, undos: readonly Undo[]): Promise<void> {
  const steps: { readonly undo: Undo; readonly step: UndoStep }[] = [];
  const conflicts: ObjectConflict[] = [];
  for (const undo of undos) {
    const step = undoStep(undo, await draft.text(undo.path), application.request.take);
    if (step.kind === 'conflict') conflicts.push(step.conflict);
    steps.push({ undo, step });
  }
  if (conflicts.length > 0) throw conflict(application.words.what, conflicts);
  for (const { undo, step } of steps) await applyStep(application, draft, undo, step);
}

async function applyStep(application: Application, draft: ReadableDraft, { ref, path }: Undo, step: UndoStep): Promise<void> {
  if (step.kind === 'delete') draft.delete(ref);
  else if (step.kind === 'put') draft.put(path, ref.kind === 'Secret' ? await secretText(application, draft, ref as ObjectRef<'Secret'>, step.text) : step.text);
}

async function secretText({ objects, request, words }: Application, draft: ReadableDraft, ref: ObjectRef<'Secret'>, text: string): Promise<string> {
  const current = await draft.text(pathOfRef(ref));
  return currentKey(draft, { ref, text, current, objects, tree: words.tree, reencrypt: request.reencrypt });
}

function conflict(what: string, conflicts: readonly ObjectConflict[]): EngineError {
  const names = conflicts.map(({ path, fields }) => `${path} (${fields.map(({ pointer }) => (pointer === '' ? 'the whole file' : pointer)).join(', ')})`).join('; ');
  const [first] = conflicts;
  return new EngineError('revert_conflict', `${what} can not be reverted as it is: later changes stand in the way at ${names}. Decide for each field whether to revert or to keep it.`, { ...(first !== undefined && { conflict: first }), conflicts });
}
