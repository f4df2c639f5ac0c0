import { hasErrors, loadPlatform, tenantDirectory, trustInForce, validatePlatform } from '../../schemas/index.ts';
import type { ChangedBy, Problem, TenantState } from '../../schemas/index.ts';
import type { Opening } from '../../synth/index.ts';
import { EngineError } from '../engine-error.ts';
import { pauses } from '../pauses.ts';
import { EMPTY_TREE, entryAt, GitError, isTree, isUnreadable, ObjectDraft, ZERO_ID } from '../git/index.ts';
import type { Relieve } from '../git/index.ts';
import { assessTenant } from './assess-tenant.ts';
import { unreadable, unreadableAt } from './unreadable.ts';
import type { Verdict } from './assess-tenant.ts';
import { CellTrees } from './cell-trees.ts';
import type { RenderedFileChange } from './cell-trees.ts';
import { changedTenants } from './changed-tenants.ts';
import type { RootChange } from './changed-tenants.ts';
import { readPlatform } from './read-state.ts';
import type { TenantLoader } from './read-state.ts';
import { platformKey, StateView } from './state-view.ts';
import type { PlatformInForce } from './state-view.ts';

export interface Step {
  /** The new root tree and the commit that has it. */
  readonly root: string;
  readonly commit: string;
  /** What differs from the view's root tree, for who knows; else the trees are compared. */
  readonly change?: RootChange;
  readonly by: ChangedBy | undefined;
  /** Approval policies don't refuse it. */
  readonly approved?: boolean;
  readonly now: Date;
  /**
   * `refuse`: anything wrong throws (a write). `quarantine`: what is wrong stays as it was (a commit that is there already).
   */
  readonly wrong: 'refuse' | 'quarantine';
  readonly objects: ObjectDraft;
  readonly loader: TenantLoader;
  /** Of what is rendered, in a step over many tenants. */
  readonly relieve: Relieve;
  /** Collects what a plan of the step is made of: for a step over few tenants. */
  readonly record?: boolean;
}

export interface Advanced {
  /** A fork of the view that was given. */
  readonly view: StateView;
  /** Notices; collected, like what follows, when asked for. */
  readonly problems: readonly Problem[];
  readonly rendered: readonly RenderedFileChange[];
}

/** The view of a repository of which nothing has been looked at. */
export function emptyView(): StateView {
  return new StateView({ commit: ZERO_ID, root: EMPTY_TREE, platform: { state: loadPlatform([]), root: EMPTY_TREE, commit: ZERO_ID } });
}

/** The rest would only hide them. */
const mostStrays = 100;

/** A tenant that did not change is broken by the platform's files. */
class PlatformAtFault extends Error {
  readonly tenant: string;
  readonly verdict: Verdict;
  constructor(tenant: string, verdict: Verdict) {
    super('The platform breaks a tenant');
    this.tenant = tenant;
    this.verdict = verdict;
  }
}

/**
 * Moves a view to a root tree: looks at the tenants that differ, judges each, renders the good ones into the trees of their
 * cells. Throws `invalid`, `quarantined` or `isolation` in a step that refuses.
 */
export async function advance(view: StateView, step: Step): Promise<Advanced> {
  const change = step.change ?? (await changedTenants(step.objects, view.root, step.root));
  if (step.wrong === 'refuse' && change.strays.length > 0) throw new EngineError('invalid', 'There would be files among the tenants\' folders that belong to no tenant. Correct what the problems name.', { problems: change.strays.slice(0, mostStrays) });
  const platform = await platformAfter(view, step, change);
  if ('problems' in platform) return attempt(view, step, { change, platform: view.platform, refused: platform.problems });
  try {
    return await attempt(view, step, { change, platform, refused: [] });
  } catch (error) {
    if (!(error instanceof PlatformAtFault)) throw error;
    if (step.wrong === 'refuse') throw platformRefusal(error);
    return attempt(view, step, { change, platform: view.platform, refused: problemsOf(error.tenant, error.verdict) });
  }
}

/** What is rendered is in a draft of its own: nothing is left of an attempt that fails. */
async function attempt(view: StateView, step: Step, situation: Situation): Promise<Advanced> {
  const objects = new ObjectDraft(step.objects);
  const advanced = await new Advance(view, { ...step, objects }, situation).run();
  step.objects.keep(objects);
  return advanced;
}

async function platformAfter(view: StateView, step: Step, change: RootChange): Promise<PlatformInForce | { readonly problems: readonly Problem[] }> {
  const again = step.wrong === 'quarantine' && view.quarantines.has(platformKey);
  if (!change.platform && !again) return view.platform;
  const state = await readPlatform(step.objects, step.root).catch((error: unknown) => {
    if (step.wrong === 'quarantine' && isUnreadable(error)) return error;
    throw error;
  });
  if (state instanceof GitError) return { problems: [unreadableAt(platformKey, state)] };
  const problems = validatePlatform(state);
  if (!hasErrors(problems)) return { state, root: step.root, commit: step.commit };
  if (step.wrong === 'refuse') throw new EngineError('invalid', 'The platform\'s files would be invalid. Correct what the problems name.', { problems });
  return { problems };
}

interface Situation {
  readonly change: RootChange;
  readonly platform: PlatformInForce;
  /** Problems of platform files that stay out of force. */
  readonly refused: readonly Problem[];
}

class Advance {
  readonly #base: StateView;
  readonly #view: StateView;
  readonly #step: Step;
  readonly #situation: Situation;
  readonly #cells: CellTrees;
  readonly #problems: Problem[] = [];
  readonly #newPlatform: boolean;
  #claimsReleased = false;

  constructor(view: StateView, step: Step, situation: Situation) {
    this.#base = view;
    this.#view = view.fork();
    this.#step = step;
    this.#situation = situation;
    this.#newPlatform = situation.platform !== view.platform;
    this.#cells = new CellTrees(this.#view, step.objects, { record: step.record === true });
  }

  async run(): Promise<Advanced> {
    this.#adoptPlatform();
    if (this.#newPlatform) {
      for (const cell of this.#view.platform.state.cells.keys()) await this.#cells.setBase(this.#view.platform.state, cell);
    }
    const pause = pauses();
    for (const id of await this.#affected()) {
      await this.#tenant(id);
      await pause();
    }
    if (this.#claimsReleased) for (const id of this.#waitingForClaims()) await this.#tenant(id);
    await this.#cells.apply();
    this.#view.commit = this.#step.commit;
    this.#view.root = this.#step.root;
    return { view: this.#view, problems: this.#problems, rendered: this.#cells.changes };
  }

  #adoptPlatform(): void {
    const { platform, refused } = this.#situation;
    this.#view.platform = platform;
    if (refused.length > 0) this.#view.quarantines.set(platformKey, { tenant: platformKey, commit: platform.commit, problems: refused });
    else if (this.#newPlatform) this.#view.quarantines.delete(platformKey);
  }

  async #affected(): Promise<string[]> {
    const { change } = this.#situation;
    if (!this.#newPlatform) return [...change.tenants.keys()];
    return [...new Set([...this.#base.tenants.keys(), ...this.#base.quarantines.keys(), ...change.tenants.keys()])].filter((id) => id !== platformKey).sort();
  }

  #waitingForClaims(): string[] {
    const waiting = [...this.#view.quarantines.toMap()].filter(([, quarantine]) => quarantine.problems.some((problem) => problem.code === 'claim_taken'));
    return waiting.map(([id]) => id).sort();
  }

  async #headTree(id: string): Promise<string | undefined> {
    const { tenants } = this.#situation.change;
    if (tenants.has(id)) return tenants.get(id);
    const entry = await entryAt(this.#step.objects, this.#step.root, tenantDirectory(id));
    return entry !== undefined && isTree(entry) ? entry.oid : undefined;
  }

  async #tenant(id: string): Promise<void> {
    const { loader, objects, now, by, approved, relieve } = this.#step;
    const oldTree = this.#base.tenants.get(id);
    const tree = await this.#headTree(id);
    const before = oldTree === undefined ? undefined : await loader.load(id, oldTree, objects);
    const after = tree === undefined ? undefined : await this.#loadAfter(id, tree);
    if (after instanceof GitError) return this.#bad(id, oldTree, unreadable(id, after));
    const platform = { before: this.#base.platform.state, after: this.#view.platform.state };
    // Who is quarantined is in force as it was found valid once, which may have been under another platform.
    if (before !== undefined && !this.#base.quarantines.has(id)) trustInForce(platform.before, before);
    const verdict = assessTenant(this.#view, { id, platform, before, after, now, by, approved });
    if (this.#step.record === true) this.#problems.push(...verdict.problems);
    if (!verdict.good) return this.#bad(id, oldTree, verdict);
    this.#good(id, tree, verdict);
    await this.#cells.setTenant(id, verdict.rendered);
    await relieve(objects);
  }

  /** A tenant of which Git has objects that can't be read is a bad one, when its commit is there already; else throws. */
  async #loadAfter(id: string, tree: string): Promise<TenantState | GitError> {
    try {
      return await this.#step.loader.load(id, tree, this.#step.objects);
    } catch (error) {
      if (this.#step.wrong === 'quarantine' && isUnreadable(error)) return error;
      throw error;
    }
  }

  #good(id: string, tree: string | undefined, verdict: Verdict): void {
    this.#view.quarantines.delete(id);
    if (tree === undefined) this.#view.tenants.delete(id);
    else this.#view.tenants.set(id, tree);
    const kept = new Set(verdict.claims.map((claim) => claim.key));
    for (const key of this.#view.claimsOf(id)) {
      if (kept.has(key)) continue;
      this.#view.claims.delete(key);
      this.#claimsReleased = true;
    }
    for (const claim of verdict.claims) this.#view.claims.set(claim.key, { tenant: id, claim });
    this.#view.claimKeys.set(id, [...kept]);
  }

  #bad(id: string, oldTree: string | undefined, verdict: Verdict): void {
    const quarantine = this.#base.quarantines.get(id);
    const changed = this.#situation.change.tenants.has(id);
    if (!changed && quarantine === undefined) throw new PlatformAtFault(id, verdict);
    // Who was quarantined before, and is not changed, stays so: it is nobody else's to mend.
    if (changed && this.#step.wrong === 'refuse') throw refusal(id, quarantine !== undefined, verdict);
    this.#view.quarantines.set(id, { tenant: id, commit: quarantine?.commit ?? (oldTree === undefined ? ZERO_ID : this.#base.commit), problems: problemsOf(id, verdict) });
  }
}

function isolationProblem(id: string, opening: Opening): Problem {
  return { path: `${tenantDirectory(id)}/tenant.yaml`, line: 1, column: 1, pointer: '', severity: 'error', code: 'isolation', message: opening.message };
}

function problemsOf(id: string, { problems, openings }: Verdict): readonly Problem[] {
  const [opening] = openings;
  return opening === undefined ? problems : [...problems, isolationProblem(id, opening)];
}

function platformRefusal({ tenant, verdict: { problems, openings } }: PlatformAtFault): EngineError {
  const [opening] = openings;
  if (opening !== undefined) return new EngineError('isolation', `The platform's files would open a path between tenants, seen from ${tenant}: ${opening.message}`, { openings });
  return new EngineError('invalid', `The platform's files break tenant ${tenant}, which did not change. Change that tenant in the same commit, or leave the platform as it is.`, { problems });
}

function refusal(id: string, quarantined: boolean, verdict: Verdict): EngineError {
  const { problems, openings } = verdict;
  if (quarantined) return new EngineError('quarantined', `Tenant ${id} is quarantined because of a commit made outside the platform, and this change does not end that. Correct what the problems name.`, { problems });
  if (openings[0] !== undefined) return new EngineError('isolation', `The change would open a path between tenants: ${openings[0].message}`, { openings });
  return new EngineError('invalid', `The change would make tenant ${id} invalid. Correct what the problems name.`, { problems });
}
