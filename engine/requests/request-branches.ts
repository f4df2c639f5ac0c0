import { MAX_FILE_BYTES, tenantOfPath } from '../../schemas/index.ts';
import type { Change, FileChange } from '../change.ts';
import { EngineDraft } from '../commit/engine-draft.ts';
import { mainCommit } from '../commit/main-commit.ts';
import { nextRevision, saysAlready } from './next-revision.ts';
import type { CommitSource } from '../commit/main-commit.ts';
import { checkPreconditions, explained } from '../commit/preconditions.ts';
import { stateBefore } from '../commit/prepare.ts';
import type { StateWriter, WriterContext } from '../commit/state-writer.ts';
import { shownError } from '../commit/shown-error.ts';
import { EngineError } from '../engine-error.ts';
import { entryAt, GitError, isAncestor, isTree, logCommits, ObjectDraft, parseTrailers, signerOf, ZERO_ID } from '../git/index.ts';
import type { ObjectReader, ParsedCommit, ReferenceUpdate } from '../git/index.ts';
import type { Intent } from '../intent.ts';
import { wordsForTenant } from '../publish/words-for-tenant.ts';
import { onSteadyView } from '../state/on-steady-view.ts';
import type { StateView } from '../state/state-view.ts';
import { assess, judge } from './assess.ts';
import { matchProposals } from './match-proposals.ts';
import { filesBetween, readProposal, standsFor } from './read-proposal.ts';
import { conflictError, isMade, reapply } from './reapply.ts';
import type { Assessment, Proposal, RequestBranches, RequestMatch, RequestRef } from './types.ts';

/** What time or people can end: a request may be made meanwhile. */
const passing: ReadonlySet<string> = new Set(['approval_required', 'environment_frozen', 'held']);

/** More commits than people make by hand. */
const mostCommits = 1_000;

export function branchOf(number: number): string {
  return `refs/heads/requests/${number}`;
}

function keptAt(number: number, name: string): string {
  return `refs/cameleer/requests/${number}/${name}`;
}

/** The branches of change requests. Their refs are moved in turn with the writes: the writer is the only one to move any. */
export class GitRequestBranches implements RequestBranches {
  readonly #context: WriterContext;
  readonly #writer: StateWriter;

  constructor(context: WriterContext, writer: StateWriter) {
    this.#context = context;
    this.#writer = writer;
  }

  async open(number: number, intent: Intent): Promise<RequestRef> {
    const commit = await this.#propose(number, intent);
    await this.#writer.exclusively(() => this.#move({ name: branchOf(number), before: undefined, after: commit }));
    return { number, commit };
  }

  async replace(request: RequestRef, revision: number, intent: Intent): Promise<RequestRef> {
    const commit = await this.#propose(request.number, intent, request);
    if (commit === request.commit) return request;
    return this.#writer.exclusively(async () => {
      await this.#keep(request, String(revision));
      await this.#restore(request);
      await this.#move({ name: branchOf(request.number), before: request.commit, after: commit });
      return { number: request.number, commit };
    });
  }

  retire(request: RequestRef, revision: number): Promise<void> {
    return this.#writer.exclusively(async () => {
      await this.#keep(request, String(revision));
      const current = await this.find(request.number);
      if (current === request.commit) await this.#move({ name: branchOf(request.number), before: current, after: ZERO_ID, derived: true });
    });
  }

  restore(request: RequestRef): Promise<void> {
    return this.#writer.exclusively(() => this.#restore(request));
  }

  async match(intent: Intent, requests: readonly RequestRef[]): Promise<RequestMatch | undefined> {
    if (requests.length === 0) return undefined;
    const below = this.#context.repository.objects;
    const proposals: Proposal[] = [];
    for (const request of requests) {
      const proposal = await readProposal(below, request).catch(unlessGone);
      if (proposal !== undefined) proposals.push(proposal);
    }
    return onSteadyView(this.#writer, (view) => matchProposals({ context: this.#context, view, below }, intent, proposals));
  }

  find(number: number): Promise<string | undefined> {
    return this.#context.repository.reference(branchOf(number));
  }

  read(request: RequestRef): Promise<Proposal> {
    return readProposal(this.#context.repository.objects, request);
  }

  async mergedAs(request: RequestRef): Promise<string | undefined> {
    return this.#mergedAs(await this.read(request), this.#writer.view.commit);
  }

  async assess(request: RequestRef, tenants?: readonly string[]): Promise<Assessment> {
    const proposal = await this.read(request);
    return onSteadyView(this.#writer, async (view) => {
      const merged = await this.#mergedAs(proposal, view.commit);
      return { ...(await assess(this.#context, view, this.#context.repository.objects, { proposal, tenants })), merged };
    });
  }

  async reapply(request: RequestRef): Promise<Intent> {
    const proposal = await this.read(request);
    const { files, change } = proposal;
    return {
      change: { ...change, changeRequest: request.number },
      apply: async (draft) => {
        const { unwritten, written } = await (draft as EngineDraft).lineage();
        const merged = unwritten.find((commit) => saysMerged(commit, request.number))?.id ?? (await this.#mergedAs(proposal, written));
        if (merged !== undefined) throw new EngineError('request_merged', `Change request ${request.number} is on main already, as ${merged.slice(0, 12)}.`, { merged });
        const { conflicts } = await reapply(draft as EngineDraft, files);
        if (conflicts.length > 0) throw conflictError(conflicts);
      },
    };
  }

  async difference(commit: string, objects: ObjectReader, change: Omit<Change, 'subject'>): Promise<Intent> {
    const pushed = await objects.commit(commit);
    const { tree, message } = pushed;
    const base = await this.#parting(commit, objects);
    const files = await filesBetween(objects, (await objects.commit(base)).tree, tree);
    const { tenant } = tenantOf(files);
    // Words that are not for the tenant's people make a request that is not theirs alone.
    const isOwn = tenant !== undefined && (await wordsForTenant({ tenant, objects }, pushed)).message === message;
    const [subject = '', ...paragraphs] = message.trimEnd().split(/\n{2,}/);
    return {
      change: { ...change, ...(isOwn && { tenant }), subject, body: paragraphs.join('\n\n') },
      apply: async (draft) => {
        const { conflicts } = await reapply(draft as EngineDraft, files);
        if (conflicts.length > 0) throw conflictError(conflicts);
      },
    };
  }

  /** The first commit of `main` among the commit's first ancestors. */
  async #parting(commit: string, objects: ObjectReader): Promise<string> {
    const { directory } = this.#context;
    let id = commit;
    for (let count = 0; count < mostCommits; count += 1) {
      const [parent] = (await objects.commit(id)).parents;
      if (parent === undefined) break;
      const base = await standsFor(objects, parent);
      if (await isAncestor(directory, base, this.#writer.view.commit)) return base;
      id = parent;
    }
    throw new EngineError('invalid', `The commit does not stand on main along first parents, or brings more than ${mostCommits} commits. Run git pull --rebase, then push again.`);
  }

  /** The commit of `main` that merged the request. */
  async #mergedAs(proposal: Proposal, head: string): Promise<string | undefined> {
    const { commit, base } = proposal;
    const { directory } = this.#context;
    const found = await logCommits(directory, { from: head, without: base, messageLine: `Change-Request: ${proposal.number}` });
    for (const id of found) if (await this.#isMergeOf(proposal, id)) return id;
    if (!(await isAncestor(directory, commit, head))) return undefined;
    // A Git host has merged the branch itself.
    for (const id of await logCommits(directory, { from: head, without: commit, order: 'oldest' })) if (await isAncestor(directory, commit, id)) return id;
    return commit;
  }

  /** Whether a commit that says so merged the request: the platform's word, or of what a Git host squashed what it did. */
  async #isMergeOf({ number, files }: Proposal, id: string): Promise<boolean> {
    const { repository: { objects }, signers } = this.#context;
    const commit = await objects.commit(id);
    if (!saysMerged(commit, number)) return false;
    const signer = signerOf(commit);
    if (signers.some((key) => signer?.equals(key) === true)) return true;
    for (const file of files) if (!isMade(file, await textAt(objects, commit.tree, file.path))) return false;
    return true;
  }

  /** Makes the request's commit on the head, and writes it; nothing refers to it yet. `replaced`: what it was; the same again is that. */
  async #propose(number: number, intent: Intent, replaced?: RequestRef): Promise<string> {
    const { id, objects } = await onSteadyView(this.#writer, (view) => this.#commitOf(view, { number, intent, replaced }));
    if (id !== replaced?.commit) await this.#context.repository.objects.write(objects.objects());
    return id;
  }

  async #commitOf(view: StateView, { number, intent, replaced }: { readonly number: number; readonly intent: Intent; readonly replaced: RequestRef | undefined }): Promise<{ readonly id: string; readonly objects: ObjectDraft }> {
    const { loader, directory, repository, authorize, now } = this.#context;
    const objects = new ObjectDraft(repository.objects);
    const source = { view, objects, loader, directory };
    await explained(checkPreconditions(source, intent));
    const draft = new EngineDraft(source);
    await intent.apply(draft);
    const files = await draft.changes();
    if (files.length === 0) throw new EngineError('nothing_to_request', 'It is so already: there is nothing to request.');
    await authorize(intent.change, files, await stateBefore(draft, intent.change, files));
    const making = { context: this.#context, view, objects, now: now() };
    const root = await draft.root(files);
    await refuseWrong(making, intent.change, root);
    const change = { ...intent.change, changeRequest: number };
    const old = replaced && (await readProposal(objects, replaced));
    if (old !== undefined && (await saysAlready(objects, old, { change, root, head: view.commit }))) return { id: old.commit, objects };
    const { id } = old === undefined ? mainCommit(making, change, root) : await nextRevision(making, old, { change, root });
    return { id, objects };
  }

  async #restore({ number, commit }: RequestRef): Promise<void> {
    const current = await this.find(number);
    if (current === commit) return;
    await readProposal(this.#context.repository.objects, { number, commit });
    if (current !== undefined) await this.#keep({ number, commit: current }, current);
    await this.#move({ name: branchOf(number), before: current, after: commit });
  }

  /** Under a name of its own, so that no version is lost. */
  async #keep({ number, commit }: RequestRef, name: string): Promise<void> {
    if ((await this.#context.repository.reference(keptAt(number, name))) === undefined) await this.#move({ name: keptAt(number, name), before: undefined, after: commit });
  }

  async #move(update: ReferenceUpdate): Promise<void> {
    try {
      await this.#context.repository.move(update, this.#context.now());
    } catch (error) {
      if (error instanceof GitError && error.code === 'ref_moved') throw new EngineError('branch_taken', `${update.name} was moved by somebody else. Try again.`, { cause: error });
      throw shownError(error);
    }
  }
}

function saysMerged({ message }: Pick<ParsedCommit, 'message'>, number: number): boolean {
  return parseTrailers(message).get('Change-Request')?.includes(String(number)) === true;
}

function unlessGone(error: unknown): undefined {
  if (!(error instanceof EngineError) || error.code !== 'request_gone') throw error;
  return undefined;
}

/** Throws what a write would throw, but for what may pass. */
async function refuseWrong(source: CommitSource, change: Change, root: string): Promise<void> {
  const { problems, openings = [] } = await judge(source, change, root);
  const lasting = problems.filter(({ code }) => !passing.has(code));
  if (lasting.length > 0) throw new EngineError('invalid', 'What is requested would be invalid. Correct what the problems name.', { problems: lasting });
  const [opening] = openings;
  if (opening !== undefined) throw new EngineError('isolation', `The change would open a path between tenants: ${opening.message}`, { openings });
}

/** The tenant that the files belong to, when it is one. */
function tenantOf(files: readonly FileChange[]): { readonly tenant?: string } {
  const [tenant, ...others] = new Set(files.map(({ path }) => tenantOfPath(path)));
  return tenant === undefined || others.length > 0 ? {} : { tenant };
}

async function textAt(objects: ObjectReader, root: string, path: string): Promise<string | undefined> {
  const entry = await entryAt(objects, root, path);
  return entry === undefined || isTree(entry) ? undefined : (await objects.blob(entry.oid, MAX_FILE_BYTES)).content?.toString('utf8');
}
