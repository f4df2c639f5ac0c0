import { pathOfRef } from '../schemas/index.ts';
import type { KindName, Loaded, ObjectRef, PlatformState, TenantState } from '../schemas/index.ts';
import type { Change } from './change.ts';
import { cellReference } from './commit/branches.ts';
import { draftOf, prepareDraft } from './commit/prepare.ts';
import { shownError } from './commit/shown-error.ts';
import type { StateWriter, WriterContext } from './commit/state-writer.ts';
import { EngineError } from './engine-error.ts';
import { auditRecords } from './history/audit-records.ts';
import { blame } from './history/blame.ts';
import { findRequest } from './history/find-request.ts';
import { commitAt, pastState } from './history/past.ts';
import { commitsSince, entryFor, history } from './history/history.ts';
import type { HistoryContext } from './history/history.ts';
import type { HistoryIndex } from './history/history-index.ts';
import { makeRevert } from './history/revert.ts';
import { droppingPiles, entryAt, isAncestor, isObjectId, isTree, logCommits } from './git/index.ts';
import type { AuditRecord, BlamedField, HistoryEntry, HistoryFilter, PastState, Revert, RevertRequest } from './history/types.ts';
import type { Intent, Push, WriteResult } from './intent.ts';
import { fileChanges } from './plan/file-changes.ts';
import { objectChanges } from './plan/object-changes.ts';
import { onlyRendersMany, planBetween, planContextOf, planTrees, refusedPlan } from './plan/plan-between.ts';
import type { Looker } from './look-soon.ts';
import type { ObjectChange, Plan, PlanOptions } from './plan/types.ts';
import type { PublicationName, Publications } from './publish/publications.ts';
import { GitRequestBranches } from './requests/request-branches.ts';
import type { RequestBranches } from './requests/types.ts';
import { getObject } from './state/get-object.ts';
import { loadInForce } from './state/load-in-force.ts';
import { onSteadyView } from './state/on-steady-view.ts';
import { renderedCell } from './state/rendered-cell.ts';
import type { StateView } from './state/state-view.ts';
import { tenantsWith } from './state/tenants-with.ts';
import type { Engine, Head, RenderedCell } from './types.ts';
import { unlessTooLarge } from './unless-too-large.ts';

export interface GitEngineParts {
  readonly writer: StateWriter;
  readonly context: WriterContext;
  readonly listeners: Set<() => void>;
  /** Keys of the platform as of now, `ssh-ed25519 …`. */
  readonly trusted: () => readonly string[];
  readonly index: HistoryIndex;
  readonly publications: Publications | undefined;
  readonly looker: Looker;
  readonly close: () => Promise<void>;
}

/** The engine over one bare repository. Every method answers from the last head that was checked and rendered. */
export class GitEngine implements Engine {
  readonly requests: RequestBranches;
  readonly #parts: GitEngineParts;
  #closed: Promise<void> | undefined;

  constructor(parts: GitEngineParts) {
    this.#parts = parts;
    this.requests = new GitRequestBranches(parts.context, parts.writer);
  }

  get #view() {
    return this.#parts.writer.view;
  }

  get #objects() {
    return this.#parts.context.repository.objects;
  }

  /** How many objects were read from the repository so far, by type. */
  get reads(): Readonly<Record<'blob' | 'tree' | 'commit' | 'tag', number>> {
    return this.#objects.reads;
  }

  head(): Head {
    return this.#parts.writer.head();
  }

  platform(): PlatformState {
    return this.#view.platform.state;
  }

  tenantIds(): readonly string[] {
    return [...this.#view.tenants.keys()].sort();
  }

  tenantsWith(object: Omit<ObjectRef, 'tenant'>): Promise<readonly string[]> {
    return tenantsWith(this.#view, this.#objects, object);
  }

  tenant(id: string): Promise<TenantState | undefined> {
    return loadInForce(this.#view, this.#parts.context.loader, id);
  }

  async get<K extends KindName>(ref: ObjectRef<K>): Promise<Loaded<K> | undefined> {
    const state = ref.tenant === undefined ? this.platform() : await this.tenant(ref.tenant);
    return state === undefined ? undefined : getObject(state, ref);
  }

  async etag(ref: ObjectRef): Promise<string | undefined> {
    const entry = await entryAt(this.#objects, this.#view.root, pathOfRef(ref));
    return entry === undefined || isTree(entry) ? undefined : entry.oid;
  }

  write(intent: Intent): Promise<WriteResult> {
    if (this.#closed !== undefined) return Promise.reject(new EngineError('closed', 'The engine has been closed.'));
    return this.#parts.writer.write(intent);
  }

  writeAll(intents: readonly Intent[]): Promise<readonly PromiseSettledResult<WriteResult>[]> {
    return Promise.allSettled(intents.map((intent) => this.write(intent)));
  }

  push(push: Push): Promise<readonly string[]> {
    if (this.#closed !== undefined) return Promise.reject(new EngineError('closed', 'The engine has been closed.'));
    return this.#parts.writer.accept(push);
  }

  preview(intent: Intent, options?: PlanOptions): Promise<Plan> {
    return onSteadyView(this.#parts.writer, (view) => this.#preview(view, intent, options));
  }

  async #preview(view: StateView, intent: Intent, options?: PlanOptions): Promise<Plan> {
    try {
      const { context } = this.#parts;
      const drafted = await draftOf(context, view, this.#objects, intent);
      const { objects, root } = drafted;
      if (onlyRendersMany(drafted.files, view)) return await planTrees({ ...planContextOf(view, { ...context, objects }), unwritten: objects.objects() }, { before: view.root, after: root }, { base: view.commit }, options);
      const prepared = await prepareDraft({ ...context, relieve: droppingPiles() }, view, drafted, intent);
      const { head: _, ...rest } = await prepared.plan(options);
      return rest;
    } catch (error) {
      if (!(error instanceof EngineError) || (error.problems === undefined && error.openings === undefined)) throw error;
      return refusedPlan(view.commit, error);
    }
  }

  async plan(base: string, head: string, options?: PlanOptions): Promise<Plan> {
    await this.#expectCommits(base, head);
    const { loader, crew } = this.#parts.context;
    return unlessTooLarge(planBetween(planContextOf(this.#view, { objects: this.#objects, loader, crew }), base, head, options));
  }

  async diff(base: string, head: string): Promise<readonly ObjectChange[]> {
    await this.#expectCommits(base, head);
    const [before, after] = [await this.#objects.commit(base), await this.#objects.commit(head)];
    return objectChanges(await fileChanges(this.#objects, before.tree, after.tree));
  }

  async revert(request: RevertRequest, change: Omit<Change, 'subject'>): Promise<Revert> {
    for (const id of Object.values(request.what)) await this.#expectOnMain(id);
    if ('base' in request.what && !(await isAncestor(this.#parts.context.directory, request.what.base, request.what.head))) {
      throw new EngineError('nothing_to_revert', 'A range goes from an older commit to a newer one that descends from it. Give them the other way round.');
    }
    return makeRevert({ objects: this.#objects, tenant: (id) => this.tenant(id) }, request, change);
  }

  async commit(id: string, reader?: string): Promise<HistoryEntry | undefined> {
    const found = isObjectId(id) ? await this.#objects.commit(id).catch(() => undefined) : undefined;
    return found === undefined ? undefined : entryFor({ objects: this.#objects, trusted: this.#parts.trusted(), reader }, found);
  }

  async commitAsOf(time: Date): Promise<string | undefined> {
    return (await this.#parts.index.at(this.#view.commit, time))?.commit;
  }

  history(filter: HistoryFilter, reader?: string): Promise<readonly HistoryEntry[]> {
    return history(this.#historyFor(reader), filter);
  }

  async since(commit: string | undefined, limit: number): Promise<readonly HistoryEntry[]> {
    return commitsSince({ objects: this.#objects, head: this.#view.commit, trusted: this.#parts.trusted() }, commit, limit);
  }

  past(at: Date | string): Promise<PastState> {
    const { index, context } = this.#parts;
    const { directory, loader, now, published } = context;
    return pastState({ directory, index, objects: this.#objects, loader, head: this.#view.commit, cells: [...published.values()], now }, at);
  }

  auditRecords(filter: HistoryFilter, reader?: string): Promise<readonly AuditRecord[]> {
    return auditRecords({ ...this.#historyFor(reader), cells: new Map(this.#parts.context.published) }, filter);
  }

  async blame(ref: ObjectRef, at: Date | string = this.#view.commit, reader?: string): Promise<readonly BlamedField[]> {
    const context = this.#historyFor(reader);
    const { commit } = await commitAt({ ...context, now: this.#parts.context.now }, at);
    return blame(context, ref, commit);
  }

  async lastChange(ref: ObjectRef, reader?: string): Promise<HistoryEntry | undefined> {
    return (await this.history({ ref, limit: 1 }, reader))[0];
  }

  #historyFor(reader: string | undefined): HistoryContext {
    return { directory: this.#parts.context.directory, index: this.#parts.index, objects: this.#objects, head: this.#view.commit, trusted: this.#parts.trusted(), reader };
  }

  findRequest(requestId: string): Promise<string | undefined> {
    const { index, context } = this.#parts;
    return findRequest({ directory: context.directory, objects: this.#objects, head: this.#view.commit, trusted: this.#parts.trusted(), requests: context.requests, index }, requestId);
  }

  async isOnMain(commit: string): Promise<boolean> {
    return isObjectId(commit) && isAncestor(this.#parts.context.directory, commit, this.#view.commit);
  }

  async renderedFrom(cell: string, commit: string): Promise<string | undefined> {
    const from = this.#parts.context.published.get(cell);
    if (from === undefined || !isObjectId(commit)) return undefined;
    const [found] = await logCommits(this.#parts.context.directory, { from, limit: 1, messageLine: `Source-Commit: ${commit}` });
    return found;
  }

  async cell(name: string, commit?: string): Promise<RenderedCell | undefined> {
    const at = commit ?? this.#parts.context.published.get(name) ?? (await this.#parts.context.repository.reference(cellReference(name)));
    return at === undefined ? undefined : renderedCell(this.#objects, name, at);
  }

  async publication(of: PublicationName): Promise<string | undefined> {
    return this.#parts.publications?.publication(of);
  }

  async look(): Promise<void> {
    await this.#parts.writer.catchUp().catch((error: unknown) => {
      throw shownError(error);
    });
  }

  lookSoon(): void {
    if (this.#closed === undefined) this.#parts.looker.lookSoon();
  }

  onChange(listener: (head: Head) => void): () => void {
    const call = () => listener(this.head());
    this.#parts.listeners.add(call);
    return () => this.#parts.listeners.delete(call);
  }

  close(): Promise<void> {
    this.#closed ??= this.#parts.close();
    return this.#closed;
  }

  async #expectOnMain(id: string): Promise<void> {
    await this.#expectCommits(id);
    if (!(await isAncestor(this.#parts.context.directory, id, this.#view.commit))) throw new EngineError('not_found', `Commit ${id} is not on main. Name one that is.`);
  }

  async #expectCommits(...ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const found = isObjectId(id) ? await this.#objects.commit(id).catch(() => undefined) : undefined;
      if (found === undefined) throw new EngineError('not_found', `There is no commit ${id}. Give its full id.`);
    }
  }
}
